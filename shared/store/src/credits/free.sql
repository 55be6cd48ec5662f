, gate AS (SELECT)
