    -- The lower bound compares rows: the planner takes a plain pair of bounds for a narrow range and picks another index.
    AND ("createdAt", id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    AND "createdAt" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
