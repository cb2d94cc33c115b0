-- CDR files that do not say all: a row per file with a value that was emptied or cut, and one per boot that
-- writes them with encode-values=true, which does it.
select
    boot_id || '/' || leg_id as row_key,
    'the CDR file of this leg lost values' as reason,
    {'values': min(file_flaws)} as details
from source
where file_flaws like '%;%'
group by boot_id, leg_id
union all
select
    boot_id as row_key,
    'this switch writes CDR files with encode-values=true, which loses values: set it to false' as reason,
    {'values': count(distinct leg_id) || ' files'} as details
from source
where file_flaws is not null
group by boot_id
order by row_key
