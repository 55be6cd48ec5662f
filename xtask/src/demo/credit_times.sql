-- Credits that tell as `at` when they moved.
UPDATE "CreditTransaction"
SET "createdAt" = (metadata ->> 'at')::timestamptz AT TIME ZONE 'UTC', metadata = metadata - 'at'
WHERE metadata ? 'at'
