// The selected utterance: what each head and the fused prediction say, what each modality contributes, whom it attends to.

/** Bars of the fused prediction and of every head. */
function headsChart(figure, answer, s) {
  const predictors = [["fused", answer.fused, "var(--ink)", "\u25c6"]];
  figure.modalities.forEach(({ name, mark }, m) => answer.heads[name] && predictors.push([name, answer.heads[name], `var(--m${m})`, mark]));
  const { task } = figure;
  const rows = predictors.map(([name, values, colour, mark]) => {
    const column = figure.decided(values, s);
    const value = task.classes.length ? values[s * task.classes.length + column] : values[s];
    const [low, high, zero] = task.classes.length ? [0, 1, 0] : [task.low, task.high, task.neutral];
    const place = each => Math.min(Math.max((each - low) / (high - low), 0), 1);
    return barRow(`${mark} ${name}`, colour, place(zero), place(value), figure.words(values, s));
  });
  return element("div", { class: "bars" }, ...rows);
}

/** Shapley values, which add up from the prediction with nothing observed to the prediction as it is. */
function contributionChart(figure, contribution) {
  const { values, empty, whole } = contribution;
  const reach = Math.max(...values.map(Math.abs), 1e-6);
  const number = value => (figure.task.classes.length ? `${signed(100 * value, 1)} points` : signed(value));
  const rows = figure.modalities.map(({ name, mark }, m) => barRow(`${mark} ${name}`, `var(--m${m})`, 0.5, 0.5 + values[m] / reach / 2, number(values[m])));
  const plain = value => (figure.task.classes.length ? percent(value) : decimal(value));
  const what = figure.task.classes.length ? `the probability of ${figure.task.classes[contribution.column]}` : "the score";
  const sum = `From ${plain(empty)} with nothing observed in the conversation, ${what} comes to ${plain(whole)}.`;
  return element("div", {}, element("div", { class: "bars" }, ...rows), element("p", { class: "quiet" }, sum));
}

function barRow(name, colour, from, to, text) {
  const bar = shape("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
  bar.append(
    shape("rect", { x: 100 * Math.min(from, to), y: 1, width: Math.max(100 * Math.abs(to - from), 0.6), height: 8, fill: colour }),
    shape("line", { class: "neutral", x1: 100 * from, x2: 100 * from, y1: 0, y2: 10 }),
  );
  return element("div", { class: "bar" }, element("span", { style: `color:${colour}` }, name), bar, element("b", {}, text));
}

/** Attention rollout of one query through all layers, `[S]`, as comp_viz/analysis/propagation/attention.py rolls it. */
function rollout({ values, shape: [, layers, heads, S] }, m, s) {
  let row = new Float64Array(S);
  row[s] = 1;
  for (let layer = layers - 1; layer >= 0; layer--) {
    const next = new Float64Array(S);
    for (let q = 0; q < S; q++) {
      if (!row[q]) continue;
      const mixed = new Float64Array(S);
      mixed[q] = 1;
      for (let head = 0; head < heads; head++) {
        const start = (((m * layers + layer) * heads + head) * S + q) * S;
        for (let k = 0; k < S; k++) mixed[k] += values[start + k] / heads;
      }
      const total = mixed.reduce((sum, value) => sum + value, 0);
      for (let k = 0; k < S; k++) next[k] += (row[q] * mixed[k]) / total;
    }
    row = next;
  }
  return row;
}

/** For each modality a strip of where the selected utterance attends; the darker the more, itself left out. */
function attentionChart(figure, attention, s, width) {
  const x = figure.across(width);
  const step = x(1) - x(0);
  const chart = shape("svg", { width, height: 22 * figure.modalities.length, role: "img" });
  const most = [];
  figure.modalities.forEach(({ name, mark }, m) => {
    const row = rollout(attention, m, s);
    const others = figure.range.filter(k => k !== s);
    const top = Math.max(...others.map(k => row[k]), 1e-9);
    const first = others.length ? others.reduce((best, k) => (row[k] > row[best] ? k : best), others[0]) : s;
    if (others.length) most.push(`${name} most to utterance ${first + 1} (${percent(row[first])})`);
    chart.append(shape("text", { class: "tick", x: x(-0.5) - 6, y: 22 * m + 15, style: `fill:var(--m${m})` }, `${mark} ${name}`));
    for (const k of others) {
      const cell = { x: x(k) - step / 2, y: 22 * m + 2, width: Math.max(step - 0.5, 0.5), height: 18, fill: `var(--m${m})`, opacity: 0.04 + (0.96 * row[k]) / top };
      chart.append(shape("rect", cell, shape("title", {}, `utterance ${k + 1}: ${percent(row[k])}`)));
    }
  });
  chart.setAttribute("aria-label", `Attention rollout of utterance ${s + 1}: ${most.join("; ")}.`);
  return chart;
}
