{#- n / d rounded half-up, in integers. n must not be negative: // cuts towards zero, so a negative tie
    would round the other way. A BIGINT product that overflows is an error in DuckDB, never a wrong number. -#}
{%- macro half_up(n, d) -%}
(2 * ({{ n }}) + ({{ d }})) // (2 * ({{ d }}))
{%- endmacro -%}
