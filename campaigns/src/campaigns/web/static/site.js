// Optional behaviour; every page works without scripts.
"use strict";

// Submits a form only once, even if its button is pressed repeatedly.
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

// Unlocks the forms of a page that the browser restores from its back/forward cache.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// Reloads a badge with exponential back-off while its session is on its way.
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
