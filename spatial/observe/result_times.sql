-- Values by the time of their results 结果时间: those of a span are found without looking at all values. Results come in
-- about the order in which values are written, so that an index of some kilobytes does; most values have none.

create index observation_result_time on observe.observation using brin (result_time)
  with (pages_per_range = 16, autosummarize = on);
