-- The row's `xmin` as its last mark left it. It is not always `xid`: a row that was written inside a
-- savepoint carries the number of the subtransaction, which is above that of its transaction.
ALTER TABLE crossfade.ledger ADD COLUMN row_xmin xid;
