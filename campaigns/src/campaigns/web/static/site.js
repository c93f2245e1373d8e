// What pages do better with scripts; without them everything still works.
"use strict";

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
});

// Coming back to a page that the browser kept must not leave its forms locked.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// A badge that says something is on its way asks again, less and less often, until it is not.
const FIRST_PAUSE_MS = 1000;
const PAUSE_MS_MAX = 30000;

const refresh = (badge, pause) => setTimeout(async () => {
  let fresh = null;
  try {
    const answer = await fetch(badge.dataset.refresh);
    if (!answer.ok || answer.redirected) return;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    fresh = holder.content.firstElementChild;
  } catch {
    fresh = badge;
  }
  if (fresh) {
    badge.replaceWith(fresh);
    if (fresh.dataset.refresh) refresh(fresh, Math.min(pause * 2, PAUSE_MS_MAX));
  } else {
    badge.remove();
  }
}, pause);

for (const badge of document.querySelectorAll("[data-refresh]")) refresh(badge, FIRST_PAUSE_MS);
