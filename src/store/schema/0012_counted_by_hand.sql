-- Of each series, how many samples were entered by hand: without any, a scan need not read the last column of each row. The
-- index that said so before was one more comparison for each row that is written.
ALTER TABLE series ADD COLUMN manual INTEGER NOT NULL DEFAULT 0;

UPDATE series SET manual = counted.samples
FROM (SELECT user, metric, layer, source, count(*) AS samples FROM sample INDEXED BY sample_entered_by_hand
      WHERE manual = 1 GROUP BY user, metric, layer, source) AS counted
WHERE series.user = counted.user AND series.metric = counted.metric AND series.layer = counted.layer
  AND series.source = counted.source;

DROP INDEX sample_entered_by_hand;
