// Tells the server that the ground of the page has another colour, which makes it draw everything again.

let watching = null;

export default function (component) {
  const page = document.querySelector(".stApp");
  let ground = getComputedStyle(page).backgroundColor;
  watching?.disconnect();
  watching = new MutationObserver(() => {
    const now = getComputedStyle(page).backgroundColor;
    if (now === ground) return;
    ground = now;
    component.setTriggerValue("ground", now);
  });
  watching.observe(page, { attributes: true, attributeFilter: ["class"] });
}
