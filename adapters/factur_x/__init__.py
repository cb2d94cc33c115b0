"""The electronic form of an invoice: Factur-X 1.09, EN 16931 profile, under the French CTC rules (BR-FR)."""
