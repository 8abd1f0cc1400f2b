// What is drawn along the conversation, on the matrix's own axis: the fused prediction, and the weights of the modalities.

const HEIGHTS = { prediction: 190, weights: 70 };

/** Scores or probabilities of what is decided; truth as rings, as recorded as a thin line. */
function predictionChart(figure, answer, selected, width) {
  const { task, labels, complete } = figure;
  const values = figure.shownValues(answer.fused);
  const before = figure.shownValues(complete.fused);
  const known = task.classes.length ? [] : labels.filter(value => value !== null);
  const [low, high] = task.classes.length ? [0, 1] : [Math.min(task.low, ...known), Math.max(task.high, ...known)];
  const x = figure.across(width);
  const y = value => 12 + (1 - (value - low) / (high - low)) * (HEIGHTS.prediction - 30);
  const middle = task.classes.length ? null : task.neutral;
  const ticks = task.classes.length ? [0, 0.5, 1] : [low, ...(middle > low && middle < high ? [middle] : []), high];
  const chart = shape("svg", { width, height: HEIGHTS.prediction, role: "img", "aria-label": predictionWords(figure, answer) });
  for (const value of ticks) {
    chart.append(
      shape("line", { class: value === middle ? "neutral" : "grid", x1: x(-0.5), x2: x(figure.utterances - 0.5), y1: y(value), y2: y(value) }),
      shape("text", { class: "tick", x: x(-0.5) - 6, y: y(value) + 4 }, task.classes.length ? percent(value) : decimal(value, 0)),
    );
  }
  chart.append(cursor(figure, selected, x, HEIGHTS.prediction));
  chart.append(line(before, x, y, "before"), line(values, x, y, "fused"));
  values.forEach((value, s) => figure.silent(s) || chart.append(point(figure, answer, s, x(s), y(value))));
  if (!task.classes.length) labels.forEach((value, s) => value !== null && chart.append(shape("circle", { class: "truth", cx: x(s), cy: y(value), r: 3.5 })));
  else labels.forEach((value, s) => value !== null && chart.append(truthBar(figure, s, value, x)));
  return chart;
}

const line = (values, x, y, name) => shape("polyline", { class: name, points: values.map((value, s) => `${x(s)},${y(value)}`).join(" ") });

function point(figure, answer, s, cx, cy) {
  const decided = figure.decided(answer.fused, s);
  const changed = decided !== figure.decided(figure.complete.fused, s);
  const side = figure.task.classes.length ? `var(--c${decided % 8})` : `var(--${decided ? "positive" : "negative"})`;
  const title = shape("title", {}, `Utterance ${s + 1}: ${figure.words(answer.fused, s)}${changed ? ", other than as recorded" : ""}`);
  return shape("circle", { class: changed ? "point changed" : "point", cx, cy, r: changed ? 5 : 3, fill: side }, title);
}

/** The class an utterance is labelled with, as a bar at the foot. */
function truthBar(figure, s, label, x) {
  const width = Math.max(x(1) - x(0) - 1, 1);
  const title = shape("title", {}, `Utterance ${s + 1} is labelled ${figure.task.classes[label]}`);
  return shape("rect", { x: x(s) - width / 2, y: HEIGHTS.prediction - 10, width, height: 8, fill: `var(--c${label % 8})` }, title);
}

const cursor = (figure, selected, x, height) => {
  const step = x(1) - x(0);
  return shape("rect", { class: "cursor", x: x(selected) - step / 2, y: 0, width: step, height });
};

/** Weights stacked to 1, one column an utterance. */
function weightsChart(figure, answer, selected, width) {
  const M = figure.modalities.length;
  const x = figure.across(width);
  const step = x(1) - x(0);
  const chart = shape("svg", { width, height: HEIGHTS.weights, role: "img", "aria-label": weightsWords(figure, answer) });
  for (const s of figure.range) {
    let top = 0;
    figure.modalities.forEach(({ name }, m) => {
      const share = answer.weights[s * M + m];
      const bar = { x: x(s) - step / 2 + 0.5, y: top * HEIGHTS.weights, width: Math.max(step - 1, 0.5), height: share * HEIGHTS.weights };
      chart.append(shape("rect", { ...bar, fill: `var(--m${m})`, class: "weight" }, shape("title", {}, `${name}: ${percent(share)}`)));
      top += share;
    });
  }
  chart.append(cursor(figure, selected, x, HEIGHTS.weights));
  return chart;
}

function predictionWords(figure, answer) {
  const changed = figure.range.filter(s => !figure.silent(s) && figure.decided(answer.fused, s) !== figure.decided(figure.complete.fused, s));
  const share = figure.accuracy(answer.fused);
  const right = share === null ? "" : ` Of the labelled ones ${percent(share)} are right.`;
  const count = { 0: "No utterance is", 1: "1 utterance is" }[changed.length] ?? `${changed.length} utterances are`;
  return `${count} decided otherwise than as recorded, of ${figure.utterances}.${right}`;
}

function weightsWords(figure, answer) {
  const M = figure.modalities.length;
  const mean = figure.modalities.map((_, m) => figure.range.reduce((sum, s) => sum + answer.weights[s * M + m], 0) / figure.utterances);
  return `Weights by the ${figure.weightsFrom}, on average ${figure.modalities.map(({ name }, m) => `${name} ${percent(mean[m])}`).join(", ")}.`;
}
