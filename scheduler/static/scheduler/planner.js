/* An event's day, time and places are chosen on the day's calendar, which fills the fields and is filled by them. The page works without it:
   the month is buttons of the form then, and the chosen day is a table. */
"use strict";

(() => {
  const { able, iso, at, MINUTE, DAY } = window.QonaqTimeline;
  const { calendar } = window.QonaqCalendar;
  const part = document.getElementById("calendar");
  const form = part.closest("form");
  const timeline = document.getElementById("timeline");
  const table = document.getElementById("planner-day");
  const chosenLine = document.getElementById("chosen");
  const DATE = /^20\d\d-\d\d-\d\d$/, CLOCK = /^\d\d:\d\d$/;

  const field = wanted => form.elements[wanted];
  const ticks = () => Array.from(form.querySelectorAll("input[name=spaces]"));
  const stops = () => Array.from(form.querySelectorAll("select[name^=stop_]")).filter(one => /^stop_\d+$/.test(one.name) && one.value);
  const number = text => parseInt(text, 10) || 0;

  /* --- What is typed ---------------------------------------------------------------------------------------------------- */

  /* The stretch that the fields say: its places, from its beginning on, as long as it is or as its programme; null while they do not say one. */
  function read() {
    if (!DATE.test(field("day").value) || !CLOCK.test(field("starts").value)) return null;
    const from = at(`${field("day").value}T${field("starts").value}:00`);
    const long = field("minutes") ? number(field("minutes").value)
      : stops().reduce((sum, stop) => sum + number(field(stop.name.replace("stop_", "stop_minutes_")).value), 0);
    const rows = field("minutes") ? ticks().filter(tick => tick.checked).map(tick => tick.value) : stops().map(stop => stop.value);
    return from && long && rows.length ? { rows, from, to: from + long * MINUTE } : null;
  }

  function write({ rows, from, to }, done) {
    const [day, clock] = iso(from).split("T");
    put("day", day);
    put("starts", clock.slice(0, 5));
    if (!field("minutes")) return;
    if (rows) for (const tick of ticks()) tick.checked = rows.includes(tick.value);
    if (done) put("minutes", String((to - from) / MINUTE));
  }

  function put(wanted, value) {
    field(wanted).value = value;
    field(wanted).dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* --- The calendar ----------------------------------------------------------------------------------------------------- */

  let shown = "";
  let half = null;   // what a hand has begun

  const sheet = calendar(part, {
    chosen: (stretch, done) => {
      half = stretch;
      write(stretch, done);
      if (done) half = null;
      sheet.paint();
    },
    turn: by => open(by ? iso(at(`${shown}T00:00`) + by * DAY).slice(0, 10) : shown),
    wanted: () => half || read(),
    moment: time => iso(time).slice(11, 16),
    settings: () => ({}),
    drawn: () => {
      if (table) table.hidden = true;
      requestAnimationFrame(() => { timeline.querySelector(".ec-main").tabIndex = 0; });  // it scrolls, and nothing within can be reached by Tab
    },
    painted: () => {
      chosenLine.hidden = !half;
      if (half) chosenLine.textContent = part.dataset.sayUntil;
      for (const cell of form.querySelectorAll("[name=to_day]")) cell.classList.toggle("chosen", cell.value === field("day").value);
    },
  });

  function open(day) {
    shown = day;
    return sheet.open(new URLSearchParams({ day, span: "day" }));
  }

  /* --- Both ways -------------------------------------------------------------------------------------------------------- */

  form.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!able || !button) return;
    if (button.dataset.turn) open(iso(at(`${shown || field("day").value}T00:00`) + Number(button.dataset.turn) * DAY).slice(0, 10));
    if (button.name !== "to_day") return;
    event.preventDefault();
    put("day", button.value);
  });

  function changed(event) {
    if (!able || !event.target.name || event.target.closest("#calendar")) return;
    const day = field("day").value;
    if (event.target.name === "day" && DATE.test(day) && day !== shown) {
      sheet.forget();
      half = null;
      open(day);
    } else sheet.paint();
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  addEventListener("pageshow", () => {  // a browser that goes back puts in what was typed
    const day = field("day").value;
    if (able && DATE.test(day) && day !== shown) open(day);
  });
})();
