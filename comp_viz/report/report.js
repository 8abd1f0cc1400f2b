"use strict";
// Draws every chart from the data beside it, and draws it anew at the width of the paper when it is printed.
const PAPER = 680; // pixels between the margins of A4
const drawn = [];
for (const source of document.querySelectorAll(".figure-data")) {
  const figure = JSON.parse(source.textContent);
  const place = source.parentElement.querySelector(".chart");
  figure.layout.width = place.clientWidth;
  const options = { displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
  Plotly.newPlot(place, figure.data, figure.layout, options).then(() => drawn.push(place));
}
const fit = (width) => drawn.forEach((place) => Plotly.relayout(place, { width: width || place.clientWidth }));
addEventListener("beforeprint", () => fit(PAPER));
addEventListener("afterprint", () => fit());
addEventListener("resize", () => fit());
