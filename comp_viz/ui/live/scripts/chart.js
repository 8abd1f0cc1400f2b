// The rows of charts below the matrix, on its axis of utterances: prediction and truth, modality heads, change, weights. The
// same picture as `comp_viz.figures.live.timeline`, which reports and notebooks show; drawn here within a few milliseconds.

const PLOT = { top: 10, height: 546, bottom: 44 };
const DIAMOND = [[-4, 0], [0, 4], [4, 0], [0, -4], [-4, 0]];
const FRAME = [[-6.5, -6.5], [-6.5, 6.5], [6.5, 6.5], [6.5, -6.5], [-6.5, -6.5]];
const RING = Array.from({ length: 13 }, (_, i) => [5.5 * Math.sin((Math.PI * i) / 6), 5.5 * Math.cos((Math.PI * i) / 6)]);
const SHADES = 20; // of a class's probability

// What is drawn on: a fixed axis at the left, and the plot, which on a narrow screen moves below it with the matrix.
function buildChart(root, state) {
  const chart = element("div", "chart st-key-timeline", root);
  state.axis = shape("svg", { class: "axis", "aria-hidden": "true" }, chart);
  state.plot = shape("svg", { class: "plot", role: "img" }, chart);
  state.axis.style.width = `${state.data.left}px`;
  state.plot.style.marginRight = `${state.data.right}px`;
  for (const svg of [state.axis, state.plot]) svg.setAttribute("height", PLOT.top + PLOT.height + PLOT.bottom);
  state.layers = Object.fromEntries(["ground", "marks", "selection"].map((name) => [name, shape("g", {}, state.plot)]));
  Object.assign(state, { width: 0, behind: "", ranges: null });
  state.tip = element("div", "tip", root);
  state.tip.hidden = true;
  listenToChart(state);
  new ResizeObserver(([{ target, contentRect }]) => {
    if (target !== state.plot) return;
    state.width = contentRect.width;
    drawChart(state);
  }).observe(state.plot);
}

function listenToChart(state) {
  const utterance = (event) => {
    const box = state.plot.getBoundingClientRect();
    return clamp(Math.floor(((event.clientX - box.left) / box.width) * state.data.utterances), state.data.utterances);
  };
  state.plot.onpointermove = (event) => showTip(state, utterance(event), event);
  state.plot.onpointerleave = () => (state.tip.hidden = true);
  state.plot.onclick = (event) => state.selected(utterance(event));
}

// In the next frame, once, however many answers come before it.
function drawSoon(state) {
  state.asked ??= requestAnimationFrame(() => {
    state.asked = null;
    drawChart(state);
  });
}

// It reads nothing of the page's layout, which would have to be worked out first; what is behind the marks is drawn anew only
// where it changes.
function drawChart(state) {
  if (!state.width || !state.answer) return;
  const { ground, marks, selection } = state.layers;
  const drawing = drawingOf(state);
  const behind = JSON.stringify([drawing.width, drawing.ranges, drawing.plan]);
  if (state.behind !== behind) {
    ground.replaceChildren();
    drawGround(ground, drawing);
    drawAxis(state, drawing);
    state.behind = behind;
  }
  // Numbers and colours of ours only: no word of a file is ever in this text.
  const rows = [scoreRow, headsRow, changeRow, weightsRow].map((row) => row(drawing)).join("");
  marks.innerHTML = `<defs>${hatch(drawing)}</defs>${rows}`;
  selection.replaceChildren();
  drawSelection(selection, drawing);
  if (state.table?.parentElement.open) drawTable(state);
}

// Everything that a row needs: the numbers, emptied where nothing was recorded, and where they stand in pixels.
function drawingOf(state) {
  const { data, answer, width } = state;
  const { plan } = data;
  const { observed } = answer;
  const changed = changeOf(data, answer);
  const most = Math.max(...changed.difference.map(Math.abs));
  const reach = Math.max(plan.task.classes ? 0.5 : 1, 1.05 * most);
  const differences = headDifferences(data, answer, changed);
  const far = Math.max(...Object.values(differences).flatMap((values) => values.filter((_, s) => changed.predicted[s]).map(Math.abs)), 0);
  const apart = Math.max(plan.task.classes ? 0.25 : 0.5, 1.1 * far);
  const y = plan.task.classes ? [-0.5, plan.task.classes.length - 0.5] : scoreRange(plan.task, data, answer, changed.predicted);
  const ranges = steady(state, { y, y2: [-apart, apart], y3: [-reach, reach], y4: [0, 1] });
  const step = width / data.utterances;
  const drawing = { ...data, ...plan.colours, plan, answer, observed, changed, differences, ranges, width, step };
  drawing.x = (s) => (s + 0.5) * step;
  drawing.y = (row, value) => {
    const [low, high] = ranges[row];
    const [from, to] = plan.rows[row];
    return PLOT.top + PLOT.height * (1 - from - ((to - from) * (value - low)) / (high - low));
  };
  return drawing;
}

// While the finger is down axes only grow: what moves under it is the prediction, not the scale.
function steady(state, ranges) {
  const before = (state.underWay && state.ranges) || ranges;
  const both = ([low, high], [least, most]) => [Math.min(low, least), Math.max(high, most)];
  state.ranges = Object.fromEntries(Object.entries(ranges).map(([row, range]) => [row, both(range, before[row])]));
  return state.ranges;
}

function scoreRange(task, data, answer, predicted) {
  const scores = data.labels.filter((label) => label !== null);
  for (const each of [answer, data.complete]) {
    for (const rows of [each.fused, ...Object.values(each.heads)]) rows.forEach(([score], s) => predicted[s] && scores.push(score));
  }
  const low = Math.min(task.neutral, ...scores);
  const high = Math.max(task.neutral, ...scores);
  return [Math.min(low, task.neutral - 1.5) - 0.2, Math.max(high, task.neutral + 1.5) + 0.2];
}

// The fused prediction with the truth.
function scoreRow(d) {
  if (d.plan.task.classes) return classRow(d);
  const { predicted } = d.changed;
  const at = (values) => values.map((value, s) => (value === null ? null : [d.x(s), d.y("y", value)]));
  const score = (answer) => answer.fused.map(([value], s) => (predicted[s] ? value : null));
  const truth = at(d.labels);
  const [before, fused] = [d.complete, d.answer].map((answer) => at(score(answer)));
  // Arms beside the line at the selected utterance, as long as there is room: they show where a prediction lies on the truth.
  const arm = Math.min(6, 0.35 * (d.x(1) - d.x(0)));
  const crosses = truth.map((point) => (point ? `M${point[0]} ${point[1] - 3.5}v7m${-arm} -3.5h${2 * arm}` : "")).join("");
  const middle = d.y("y", d.plan.task.neutral);
  return [
    path(line(truth) + crosses, { stroke: d.truth, "stroke-width": 1, class: "truth" }),
    path(line(before) + dashes(before), { stroke: d.ink, "stroke-width": 1.2, "stroke-dasharray": "2 2.5", class: "complete" }),
    path(line(fused), { stroke: d.ink, "stroke-width": 2.6, class: "fused" }),
    path(marks(fused, DIAMOND), { fill: d.ink }),
    absences(d, fused, () => middle),
  ].join("");
}

// Probability of every class, the darker the likelier; truth as a ring, decision as a diamond, an open one as recorded.
function classRow(d) {
  const { predicted, now, before } = d.changed;
  const { classes } = d.plan.task;
  const shades = Array.from({ length: SHADES }, () => "");
  const top = (c) => d.y("y", c + 0.5);
  d.answer.fused.forEach((row, s) => {
    if (!predicted[s]) return;
    row.forEach((probability, c) => {
      const shade = Math.min(SHADES - 1, Math.floor(probability * SHADES));
      shades[shade] += `M${s * d.step} ${top(c)}h${d.step}V${d.y("y", c - 0.5)}h${-d.step}z`;
    });
  });
  const at = (choices) => choices.map((c, s) => (c === null ? null : [d.x(s), d.y("y", c)]));
  const decided = (choices) => at(choices.map((c, s) => (predicted[s] ? c : null)));
  return [
    ...shades.map((cells, i) => path(cells, { fill: d.mark, "fill-opacity": (i + 0.5) / SHADES })),
    path(marks(decided(before), scaled(DIAMOND, 1.5)), { stroke: d.ink, "stroke-width": 1.2, class: "complete" }),
    path(marks(at(d.labels), RING), { stroke: d.truth, "stroke-width": 2, class: "truth" }),
    path(marks(decided(now), DIAMOND), { fill: d.ink, class: "fused" }),
    absences(d, decided(now), () => d.y("y", 0)),
  ].join("");
}

// A grey cross where there is no prediction, and a frame around those from the neighbours only.
function absences(d, fused, level) {
  const { predicted, fromContext } = d.changed;
  const crosses = predicted.map((there, s) => (there ? "" : `M${d.x(s) - 4.5} ${level() - 4.5}l9 9m0 -9l-9 9`)).join("");
  const framed = fused.map((point, s) => (fromContext[s] ? point : null));
  return path(crosses, { stroke: d.truth, "stroke-width": 1.6 }) + path(marks(framed, FRAME), { stroke: d.mark, "stroke-width": 1.6 });
}

// How far each head is from the fused prediction: filled marks where its modality was observed, open ones where it was missing.
function headsRow(d) {
  return Object.entries(d.differences).map(([name, values]) => {
    const m = d.modalities.indexOf(name);
    const points = values.map((value, s) => (d.changed.predicted[s] ? [d.x(s), d.y("y2", value)] : null));
    const seen = points.map((point, s) => (d.observed[m][s] === "1" ? point : null));
    const unseen = points.map((point, s) => (d.observed[m][s] === "1" ? null : point));
    const outline = d.plan.outlines[m];
    return (
      path(line(points), { stroke: d.colours[m], "stroke-width": 1.1 }) +
      path(marks(unseen, outline), { stroke: d.colours[m], "stroke-width": 1.1, fill: d.ground }) +
      path(marks(seen, outline), { fill: d.colours[m] })
    );
  }).join("");
}

// How far the fused prediction moved from that as recorded, one colour for each direction; a band where the decision flips.
function changeRow(d) {
  const bars = (keep) => d.changed.difference.map((value, s) => (keep(value) ? bar(d, s, "y3", 0, value) : "")).join("");
  const bands = d.changed.flipped.map((flips, s) => (flips ? bar(d, s, "y3", ...d.ranges.y3, 0.5) : "")).join("");
  return (
    path(bands, { fill: d.mark, "fill-opacity": 0.18, class: "flips" }) +
    path(bars((value) => value < 0), { fill: d.negative }) +
    path(bars((value) => value > 0), { fill: d.positive })
  );
}

// Weights stacked to 1; hatched where the modality is missing.
function weightsRow(d) {
  if (!d.plan.rows.y4) return "";
  const bottoms = d.answer.weights.map((row) => row.map((_, m) => row.slice(0, m).reduce((sum, weight) => sum + weight, 0)));
  const bars = (m, keep) =>
    d.answer.weights
      .map((row, s) => (d.changed.predicted[s] && keep(m, s) ? bar(d, s, "y4", bottoms[s][m], bottoms[s][m] + row[m]) : ""))
      .join("");
  const missing = (m, s) => d.observed[m][s] !== "1";
  return d.modalities
    .map((_, m) => path(bars(m, () => true), { fill: d.colours[m] }) + path(bars(m, missing), { fill: "url(#missing)" }))
    .join("");
}

function hatch(d) {
  return (
    '<pattern id="missing" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
    `<rect width="1.75" height="5" fill="${d.ground}"/></pattern>`
  );
}

function bar(d, s, row, from, to, half = 0.45) {
  return `M${d.x(s) - half * d.step} ${d.y(row, from)}V${d.y(row, to)}h${2 * half * d.step}V${d.y(row, from)}z`;
}

// Points `[x, y]` joined, broken where there is none.
function line(points) {
  return points.map((point, i) => (point ? `${i && points[i - 1] ? "L" : "M"}${point[0]} ${point[1]}` : "")).join("");
}

// A dash, across the line at the selected utterance, at every point that stands alone between two breaks.
function dashes(points) {
  return points.map((point, i) => (point && !points[i - 1] && !points[i + 1] ? `M${point[0] - 6} ${point[1]}h12` : "")).join("");
}

// The outline, in pixels with y upwards, at every point.
function marks(points, outline) {
  const [[x0, y0], ...rest] = outline;
  return points
    .map((point) => (point ? `M${point[0] + x0} ${point[1] - y0}${rest.map(([x, y]) => `L${point[0] + x} ${point[1] - y}`).join("")}z` : ""))
    .join("");
}

const scaled = (outline, factor) => outline.map(([x, y]) => [x * factor, y * factor]);

function path(steps, look) {
  if (!steps) return "";
  const attributes = Object.entries({ fill: "none", ...look }).map(([name, value]) => `${name}="${value}"`);
  return `<path d="${steps.replace(/\d+\.\d{2,}/g, (number) => Number(number).toFixed(1))}" ${attributes.join(" ")}/>`;
}
