// The charts as a picture to keep: one SVG file with its axis, its ground and what it shows in words.

function buildSaving(root, state) {
  const button = element("button", "save", root);
  button.textContent = "Save picture";
  button.title = "The charts as an SVG file";
  button.onclick = () => savePicture(state);
}

function savePicture(state) {
  const { left, right, plan } = state.data;
  const width = left + state.plot.getBoundingClientRect().width + right;
  const height = state.plot.getAttribute("height");
  const sheet = document.createElement("div");
  const look = { xmlns: SVG_SPACE, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "sans-serif", "font-size": 12 };
  const picture = shape("svg", look, sheet);
  shape("title", {}, picture, state.data.alt);
  shape("rect", { width, height, fill: plan.colours.ground }, picture);
  shape("g", {}, picture).append(...state.axis.cloneNode(true).children);
  shape("g", { transform: `translate(${left})` }, picture).append(...state.plot.cloneNode(true).children);
  const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" }));
  const link = element("a", "", sheet);
  Object.assign(link, { href: address, download: "timeline.svg" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address));
}
