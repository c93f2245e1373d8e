-- What the installed mapping's table looked like when it was compared with its declaration: a digest
-- of its columns and its primary key. NULL until the next installation.
ALTER TABLE crossfade.mapping ADD COLUMN table_shape text;
