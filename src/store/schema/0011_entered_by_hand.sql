-- The few samples that were entered by hand: without any in a metric, its scans need not read the last column of each row.
CREATE INDEX sample_entered_by_hand ON sample (user, metric) WHERE manual = 1;
