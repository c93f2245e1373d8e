// Live parts of a page. Without this file a page shows one moment and can be loaded again.
"use strict";

const said = document.querySelector("[data-said]");
const state = document.querySelector("[data-live-state]");

for (const part of document.querySelectorAll("[data-live]")) {
  watch(part);
}

function watch(part) {
  const events = new EventSource(part.dataset.live);
  let headline = headlineOf(part);
  events.addEventListener("open", () => tell("Live: the figures change by themselves.", false));
  events.addEventListener("look", (event) => {
    part.innerHTML = event.data;
    tell("Live: the figures change by themselves.", false);
    if (headlineOf(part) !== headline) {
      headline = headlineOf(part);
      document.title = `${headline} · Crossfade`;
      if (said) said.textContent = headline;
    }
  });
  events.addEventListener("lost", (event) => {
    tell(`The database does not answer (${event.data}); the figures are old.`, true);
  });
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) {
      tell("The figures are old: this page is no longer live. Load it again.", true);
    } else {
      tell("The dashboard does not answer; the figures are old. Trying again.", true);
    }
  });
  window.addEventListener("pagehide", () => events.close());
}

function headlineOf(part) {
  const element = part.querySelector("[data-headline]");
  return element ? element.textContent : "";
}

function tell(text, isOld) {
  document.body.classList.toggle("old", isOld);
  if (state && state.textContent !== text) state.textContent = text;
}
