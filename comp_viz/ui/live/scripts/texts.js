// Each utterance in words and numbers: what appears beside the pointer, and a table of everything drawn.

// Lines about one utterance: its number and words, prediction and truth, weights.
function utteranceLines(state, s) {
  const { data, answer } = state;
  const { task, words, weights_from } = data.plan;
  const changed = changeOf(data, answer);
  const lines = [`utterance ${s + 1}`, shortened(data.words[s], 90) || "(no words)"];
  const truth = `truth ${valueText(task, data.labels[s])}`;
  if (!changed.predicted[s]) return [...lines, `${words.none}: ${words.nothing}`, truth];
  const best = changed.now[s];
  const predicted = task.classes ? `${task.classes[best]} (${percent(answer.fused[s][best])})` : decimal(answer.fused[s][0]);
  lines.push(`predicted ${predicted}, ${truth}`);
  if (changed.fromContext[s]) lines.push(answer.observed.join("").includes("1") ? words.from_context : words.from_nothing);
  const weights = data.modalities.map((name, m) => `${name} ${decimal(answer.weights[s]?.[m] ?? 0)}`);
  return data.plan.rows.y4 ? [...lines, `${weights_from}: ${weights.join(", ")}`] : lines;
}

function valueText(task, label) {
  if (label === null) return "unknown";
  return task.classes ? task.classes[label] : decimal(label);
}

function showTip(state, s, event) {
  if (!state.answer) return;
  const { tip, plot } = state;
  const [first, ...rest] = utteranceLines(state, s);
  tip.replaceChildren();
  element("strong", "", tip).textContent = first;
  for (const text of rest) element("div", "", tip).textContent = text;
  tip.hidden = false;
  const frame = tip.offsetParent.getBoundingClientRect();
  const box = plot.getBoundingClientRect();
  const x = event.clientX - frame.left + 14;
  tip.style.left = `${x + tip.offsetWidth > frame.width ? Math.max(0, x - 28 - tip.offsetWidth) : x}px`;
  tip.style.top = `${Math.max(box.top - frame.top, event.clientY - frame.top + 14 - tip.offsetHeight / 2)}px`;
}

// Everything drawn as a table, for a screen reader or to copy; made when it is opened.
function buildTable(root, state) {
  const details = element("details", "", root);
  element("summary", "", details).textContent = "Numbers of this picture";
  state.table = element("table", "", details);
  details.ontoggle = () => details.open && drawTable(state);
}

function drawTable(state) {
  const { data, answer } = state;
  const { task } = data.plan;
  const changed = changeOf(data, answer);
  const names = Object.keys(answer.heads);
  const kinds = task.classes ?? [""];
  const each = (name) => kinds.map((kind) => [name, kind].filter(Boolean).join(" "));
  const weighted = data.plan.rows.y4 ? data.modalities : [];
  const heading = [
    "utterance", "truth", ...each("fused"), ...names.flatMap((name) => each(`${name} head`)), "change", "flipped",
    ...weighted.map((name) => `${name} weight`),
  ];
  const rows = changed.predicted.map((there, s) => {
    const numbers = [...answer.fused[s], ...names.flatMap((name) => answer.heads[name][s])].map((value) => decimal(value, 4));
    const weights = weighted.map((_, m) => decimal(answer.weights[s][m], 4));
    const truth = valueText(task, data.labels[s]);
    const empty = [...numbers, "", "", ...weights].map(() => "");
    const full = [...numbers, decimal(changed.difference[s], 4), changed.flipped[s] ? "yes" : "no", ...weights];
    return [s + 1, truth, ...(there ? full : empty)];
  });
  state.table.replaceChildren();
  tableRow(element("thead", "", state.table), "th", heading);
  const body = element("tbody", "", state.table);
  for (const row of rows) tableRow(body, "td", row);
}

function tableRow(parent, tag, texts) {
  const row = element("tr", "", parent);
  for (const text of texts) element(tag, "", row).textContent = text;
}

// What a finished gesture did, for a screen reader.
function sayChange(state) {
  if (!state.answer) return;
  const { observed } = state.answer;
  const gone = (columns) => columns.join("").split("").filter((cell) => cell === "0").length;
  const missing = gone(observed) - gone(state.data.available);
  const flips = changeOf(state.data, state.answer).flipped.filter(Boolean).length;
  state.spoken.textContent = `${missing} entries taken away, ${flips} ${flips === 1 ? "prediction flips" : "predictions flip"}.`;
}
