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
    const seen = document.createElement("template");
    seen.innerHTML = event.data;
    takeOver(part, seen.content);
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

// Changes what differs and leaves the rest alone: focus, selection and scrolling stay as they are.
function takeOver(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, number) => {
    if (number < before.length) become(before[number], node);
    else old.append(node);
  });
  for (const node of before.slice(after.length)) node.remove();
}

function become(old, fresh) {
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
  } else if (old instanceof Element) {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    takeOver(old, fresh);
  } else if (old.data !== fresh.data) {
    old.data = fresh.data;
  }
}

function headlineOf(part) {
  const element = part.querySelector("[data-headline]");
  return element ? element.textContent : "";
}

function tell(text, isOld) {
  document.body.classList.toggle("old", isOld);
  if (state && state.textContent !== text) state.textContent = text;
}
