// What a missing pattern changes, against the complete conversation; the same as `comp_viz.analysis.live.change`.

// Every utterance's decision: whether above neutral, or the likeliest class.
function decisions(task, answer) {
  if (!task.classes) return answer.fused.map(([score]) => Number(score > task.neutral));
  return answer.fused.map((row) => row.indexOf(Math.max(...row)));
}

function changeOf(data, answer) {
  const { task } = data.plan;
  const { observed } = answer;
  const { complete, available } = data;
  const before = decisions(task, complete);
  const now = decisions(task, answer);
  const anything = (columns, s) => columns.some((column) => column[s] === "1");
  const predicted = before.map((_, s) => anything(available, s));
  return {
    now,
    before,
    predicted,
    fromContext: predicted.map((there, s) => there && !anything(observed, s)),
    flipped: predicted.map((there, s) => there && now[s] !== before[s]),
    difference: predicted.map((there, s) => {
      const column = task.classes ? before[s] : 0;
      return there ? answer.fused[s][column] - complete.fused[s][column] : 0;
    }),
  };
}

// Each head minus the fused prediction; of classes in the probability of the true one, or else of the one predicted as recorded.
function headDifferences(data, answer, changed) {
  const column = (s) => (data.plan.task.classes ? data.labels[s] ?? changed.before[s] : 0);
  const minus = (rows) => rows.map((row, s) => row[column(s)] - answer.fused[s][column(s)]);
  return Object.fromEntries(Object.entries(answer.heads).map(([name, rows]) => [name, minus(rows)]));
}
