    AND "createdAt" >= coalesce(($1 ->> 'created_from')::timestamp, '-infinity')
    AND "createdAt" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
