/* An event's day, time and places are chosen on the day's calendar, which fills the fields and is filled by them. The page works without it:
   the month is buttons of the form then, and the chosen day is a table. */
"use strict";

(() => {
  const { able, iso, at, minutes, plain, drawing, bar, name, there, redraw, chooser, MINUTE, DAY } = window.QonaqTimeline;
  const part = document.getElementById("calendar");
  const form = part.closest("form");
  const timeline = document.getElementById("timeline");
  const table = document.getElementById("planner-day");
  const chosenLine = document.getElementById("chosen");
  const narrow = matchMedia("(max-width: 44rem)");
  const say = part.dataset;
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

  let data = null;
  let calendar = null;
  let drawn = "";
  let shown = "";
  let loading = null;
  let half = null;   // what a hand has begun

  const step = () => narrow.matches ? 30 : Number(say.grid);
  const view = () => ({
    rows: data.rows.map(row => row.id),
    days: data.days.map(each => at(`${each}T00:00`)),
    opens: minutes(data.opens),
    closes: minutes(data.closes),
    step: step(),
  });

  const hand = able && chooser(timeline, {
    calendar: () => calendar,
    view,
    free: false,
    chosen: (stretch, done) => {
      half = stretch;
      write(stretch, done);
      if (done) half = null;
      paint();
    },
    reached: (row, from) => {
      const title = data.rows.find(each => each.id === row).title;
      document.getElementById("place").textContent = `${title}, ${iso(from).slice(11, 16)}: ${there(data, row, from, from + step() * MINUTE, say.sayFree)}`;
    },
    turn: by => open(by ? iso(at(`${shown}T00:00`) + by * DAY).slice(0, 10) : shown),
  });

  async function open(day) {
    shown = day;
    if (loading) loading.abort();
    const mine = loading = new AbortController();
    try {
      const answer = await fetch(`${say.address}?${new URLSearchParams({ day, span: "day" })}`, { signal: mine.signal, cache: "no-store", credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      data = await answer.json();
    } catch (error) {
      if (error.name === "AbortError") return;
      part.hidden = chosenLine.hidden = false;
      chosenLine.textContent = say.sayLost;
      return;
    }
    draw();
  }

  function draw() {
    part.hidden = false;
    if (table) table.hidden = true;
    const side = narrow.matches ? 108 : 164, slots = (minutes(data.closes) - minutes(data.opens)) / step();
    const width = Math.max(narrow.matches ? 26 : 24, Math.floor((timeline.clientWidth - side - 16) / slots));
    const like = `${width} ${data.opens} ${data.closes}`;
    if (calendar && drawn === like) {
      calendar.setOption("date", data.days[0]);
      calendar.setOption("timeZone", data.offset);
      redraw(calendar, data, paint);
    } else {
      if (calendar) EventCalendar.destroy(calendar);
      calendar = EventCalendar.create(timeline, {
        ...drawing(() => data, { week: false, first: data.days[0], offset: data.offset }),
        slotDuration: { minutes: step() },
        slotWidth: width,
        snapDuration: { minutes: step() },
        eventStartEditable: false,
        eventDurationEditable: false,
        eventContent: ({ event }) => bar(event, narrow.matches),
        eventDidMount: name,
      });
    }
    drawn = like;
    document.getElementById("shown").textContent = data.title;
    paint();
    requestAnimationFrame(() => { timeline.querySelector(".ec-main").tabIndex = 0; });  // it scrolls, and nothing within can be reached by Tab
  }

  function paint() {
    if (!calendar) return;
    hand.paint(half || read());
    chosenLine.hidden = !half;
    if (half) chosenLine.textContent = say.sayUntil;
    for (const cell of form.querySelectorAll("[name=to_day]")) cell.classList.toggle("chosen", cell.value === field("day").value);
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
      hand.forget();
      half = null;
      open(day);
    } else paint();
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  narrow.addEventListener("change", () => data && draw());
  addEventListener("pageshow", () => {  // a browser that goes back puts in what was typed
    const day = field("day").value;
    if (able && DATE.test(day) && day !== shown) open(day);
  });

  plain(timeline);
})();
