// The window's panes, live. News come as server-sent events; each picture is fetched when the one before has arrived,
// so a slow connection sees fewer pictures, never old ones.
"use strict";

const SILENCE_MS = 5000; // the server says something every second
const AGAIN_MS = 1000;
const NARROW = window.matchMedia("(max-width: 720px)");
const LOST = "The connection was lost. Trying again…";
const CLOSED = "The window was closed. Waiting for it to come back…";
const [SMALLEST, LARGEST] = [0.5, 3]; // of the page's size over the window's
const [GAP, BORDERS] = [8, 2]; // pixels; as in the style sheet

const element = (id) => document.getElementById(id);
const shown = new Map(); // name -> Shown
let news = null;
let connection = null;
let measured = "";
let trouble = "";

class Shown {
  // A pane on the page: its figure, and the picture that is there or on its way.
  constructor(name) {
    this.name = name;
    this.number = 0;
    this.wanted = 0;
    this.loading = false;
    this.figure = document.createElement("figure");
    this.figure.id = `pane-${name}`;
    this.link = document.createElement("a");
    const caption = document.createElement("figcaption");
    caption.append(this.link);
    this.picture = document.createElement("div");
    this.picture.className = "picture";
    this.figure.append(caption, this.picture);
  }

  describe(pane, alone) {
    this.link.textContent = pane.title;
    this.link.href = alone ? "#" : `#${this.name}`;
    this.link.title = alone ? "Show all panes" : "Show this pane alone";
    this.about = pane.about;
    this.figure.style.setProperty("--width", pane.width);
    this.figure.style.setProperty("--height", pane.height);
    this.describePicture();
  }

  describePicture() {
    if (this.picture instanceof HTMLImageElement && this.picture.alt !== this.about) {
      this.picture.alt = this.about;
    }
  }

  want(number) {
    this.wanted = number;
    if (!this.loading && number !== this.number && number > 0) {
      this.load();
    }
  }

  async load() {
    const number = this.wanted;
    const next = new Image();
    next.className = "picture";
    next.src = `/panes/${this.name}.jpg?n=${number}`;
    this.loading = true;
    try {
      await next.decode(); // whole before it is shown
      this.picture.replaceWith(next);
      this.picture = next;
      this.number = number;
      this.describePicture();
    } catch {
      this.number = 0; // hidden meanwhile, or the connection is lost: the next news tell
      await pause(AGAIN_MS);
    } finally {
      this.loading = false;
    }
    if (shown.get(this.name) === this) {
      this.want(this.wanted); // another one came meanwhile
    }
  }
}

function pause(duration_ms) {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}

function chosen() {
  return decodeURIComponent(location.hash.slice(1));
}

function say(sentence) {
  const notice = element("notice");
  if (notice.textContent !== sentence) {
    notice.textContent = sentence;
  }
  notice.hidden = sentence === "";
}

function lose(sentence) {
  document.body.classList.add("lost");
  say(sentence);
}

// ---------------------------------------------------------------------------------------------------- showing

function show() {
  if (news === null) {
    return;
  }
  const name = chosen();
  const panes = news.panes.filter((pane) => (name === "" ? pane.place !== "window" : pane.name === name));
  const names = new Set(panes.map((pane) => pane.name));
  for (const [gone, pane] of shown) {
    if (!names.has(gone)) {
      pane.figure.remove();
      shown.delete(gone);
    }
  }
  for (const pane of panes) {
    place(pane, name !== "");
  }
  scale(panes);
  say(panes.length ? "" : name === "" ? "The window has not opened yet." : "This pane is hidden in the window.");
  tell(news.status);
}

function place(pane, alone) {
  if (!shown.has(pane.name)) {
    shown.set(pane.name, new Shown(pane.name));
  }
  const entry = shown.get(pane.name);
  const column = element(pane.place === "window" ? "center" : pane.place);
  if (entry.figure.parentElement !== column) {
    const following = news.panes.slice(news.panes.indexOf(pane) + 1).map((other) => shown.get(other.name)?.figure);
    column.insertBefore(entry.figure, following.find((figure) => figure?.parentElement === column) ?? null);
  }
  entry.describe(pane, alone);
  entry.want(pane.number);
}

function scale(panes) {
  // as large as all panes are seen without scrolling
  const sizes = JSON.stringify([panes.map((pane) => [pane.name, pane.width, pane.height]), innerWidth, innerHeight]);
  if (!panes.length || NARROW.matches || sizes === measured) {
    return;
  }
  measured = sizes;
  const room = window.innerHeight - document.querySelector("header").offsetHeight - 2 * GAP;
  let [width, frames, high] = [0, GAP, LARGEST];
  for (const column of ["left", "center", "right"].map(element).filter((some) => some.children.length)) {
    const inside = panes.filter((pane) => shown.get(pane.name).figure.parentElement === column);
    const captions = [...column.children].map((figure) => figure.firstElementChild.offsetHeight + BORDERS + GAP);
    const height = inside.reduce((sum, pane) => sum + pane.height, 0);
    high = Math.min(high, (room + GAP - captions.reduce((sum, caption) => sum + caption, 0)) / height);
    width += Math.max(...inside.map((pane) => pane.width));
    frames += BORDERS + GAP;
  }
  const fits = Math.min(high, (document.documentElement.clientWidth - frames) / width);
  // a little larger than the pixels themselves is only less sharp
  const factor = fits >= 1 && fits < 1.15 ? 1 : Math.max(SMALLEST, fits);
  document.body.style.setProperty("--scale", factor.toFixed(3));
}

function tell(status) {
  const unit = status.layer ? [status.layer, `unit ${status.unit}${status.label ? ` ${status.label}` : ""}`] : [];
  const frozen = status.frozen ? ["frozen"] : [];
  put("about", [status.model ?? "No network yet", ...unit, ...frozen].join("  ·  "));
  const speed = status.model && status.fps ? [`${status.fps.inference.toFixed(1)} frames/s`] : [];
  put("readings", [...speed, ...(status.device ? [`${status.device} ${status.precision}`] : [])].join("  ·  "));
  document.title = status.model ? `DeepVis – ${status.model}` : "DeepVis";
  document.documentElement.dataset.theme = status.theme ?? "dark";
  const input = shown.get("input");
  if (input && status.top5?.length) {
    const best = status.top5[0];
    const sure = best.probability === null ? "" : `, ${Math.round(100 * best.probability)} %`;
    input.about = `The input picture (${status.source ?? "no source"}); likeliest class: ${best.label}${sure}`;
    input.describePicture();
  }
}

function put(id, text) {
  if (element(id).textContent !== text) {
    element(id).textContent = text;
    element(id).title = text;
  }
}

// ------------------------------------------------------------------------------------------------- connection

async function follow() {
  // One connection as long as it lasts; again and again, but only while somebody can see the page.
  const mine = new AbortController();
  connection?.abort();
  connection = mine;
  while (connection === mine && !document.hidden) {
    const latest = await listen(mine);
    if (connection === mine) {
      // after the window was closed there is nobody to connect to: that is not another story
      trouble = latest === LOST && trouble === CLOSED ? CLOSED : latest;
      lose(trouble);
      await pause(AGAIN_MS);
    }
  }
}

async function listen(mine) {
  const once = new AbortController();
  const stop = () => once.abort();
  mine.signal.addEventListener("abort", stop);
  let alarm = setTimeout(stop, SILENCE_MS);
  try {
    const answer = await fetch(`/events?panes=${watched()}`, { signal: once.signal, cache: "no-store" });
    if (!answer.ok) {
      return await answer.text();
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      clearTimeout(alarm);
      alarm = setTimeout(stop, SILENCE_MS);
      if (done) {
        return LOST;
      }
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      if (events.some((event) => event.startsWith("event: closed"))) {
        return CLOSED;
      }
      if (events.length) {
        take(events.at(-1)); // the newest wins
      }
    }
  } catch {
    return LOST;
  } finally {
    clearTimeout(alarm);
    once.abort();
    mine.signal.removeEventListener("abort", stop);
  }
}

function take(event) {
  news = JSON.parse(event.slice("data: ".length));
  trouble = "";
  document.body.classList.remove("lost");
  show();
}

function watched() {
  // all panes also where they are hidden now: they may appear
  return chosen() === "" ? "all" : encodeURIComponent(chosen());
}

window.addEventListener("hashchange", () => {
  mark();
  show();
  follow();
});
window.addEventListener("resize", show);
document.addEventListener("visibilitychange", () => (document.hidden ? connection?.abort() : follow()));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen() !== "") {
    location.hash = "";
  }
});

function mark() {
  for (const [id, here] of [
    ["show-panes", chosen() === ""],
    ["show-window", chosen() === "window"],
  ]) {
    if (here) {
      element(id).setAttribute("aria-current", "page");
    } else {
      element(id).removeAttribute("aria-current");
    }
  }
}

mark();
follow();
