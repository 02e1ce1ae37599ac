/* A closure is made: places and time are chosen on a calendar, which fills the fields and is filled by them; and what would be hit is shown at
   once. The page works without it: the calendar is not there then, and "Preview" shows what is hit. */
"use strict";

(() => {
  const { able, made, iso, at, day, typed, DAY } = window.QonaqTimeline;
  const { calendar, narrow } = window.QonaqCalendar;
  const form = document.getElementById("closing");
  const part = document.getElementById("calendar");
  const timeline = document.getElementById("timeline");
  const chosenLine = document.getElementById("chosen");
  const told = form.querySelector("fieldset.told");
  const say = part.dataset;
  const PAUSE = 350;
  const DATE = /^20\d\d-\d\d-\d\d$/;
  const PLACE_AND_TIME = ["spaces", "first", "starts", "last", "ends", "open_end", "repeats", "repeats_until"];

  const field = name => form.elements[name];
  const ticks = () => Array.from(form.querySelectorAll("input[name=spaces]"));

  /* --- What is typed ---------------------------------------------------------------------------------------------------- */

  const rule = () => field("repeats").value;

  /* The stretch that the fields say, with an end far away where none is meant; null while they do not say one. Of one that repeats its times
     on the days shown are the museum's computer's, as soon as it has said them for what is typed now. */
  function read() {
    const first = field("first").value, last = field("last").value;
    const from = at(`${first}T${field("starts").value || "00:00"}`);
    const to = field("open_end").checked ? Infinity : field("ends").value ? at(`${last}T${field("ends").value}`) : at(`${last}T00:00`) + DAY;
    const rows = ticks().filter(tick => tick.checked).map(tick => tick.value);
    const { times: said } = sheet.data || {};
    const times = rule() && said && said.map(([begins, ends]) => [at(begins), ends ? at(ends) : Infinity]);
    return from < to ? { rows: rows.length ? rows : null, from, to, ...(times ? { times } : {}) } : null;
  }

  function write(stretch) {
    const said = typed(stretch, ticks());
    if (stretch.rows) for (const tick of ticks()) tick.checked = said.spaces.includes(tick.value);
    for (const name of ["first", "starts", "last", "ends"]) field(name).value = said[name];
    field("open_end").checked = false;
    for (const name of ["first", "last"]) field(name).dispatchEvent(new Event("change"));  // its day in words
  }

  function moment(milliseconds) {
    const text = iso(milliseconds), [year, month, date] = text.slice(0, 10).split("-");
    const name = (sheet.data && sheet.data.names[text.slice(0, 10)]) || `${date}.${month}.${year}`;
    return [name, text.slice(11, 16)];
  }

  function words({ rows, from, to }) {
    const names = rows && rows.length < ticks().length ? ticks().filter(tick => rows.includes(tick.value)).map(tick => tick.parentNode.textContent.trim()).join(", ") : say.sayAll;
    const [first, starts] = moment(from), whole = from % DAY === 0;
    if (to === Infinity) return `${names}: ${first}${whole ? "" : `, ${starts}`} – ${say.sayOpen}`;
    const [last] = moment(to % DAY ? to : to - DAY), ends = to % DAY ? iso(to).slice(11, 16) : "24:00";
    if (whole && to % DAY === 0) return `${names}: ${first}${first === last ? "" : ` – ${last}`}`;
    return first === last ? `${names}: ${first}, ${starts}–${ends}` : `${names}: ${first}, ${starts} – ${last}, ${ends}`;
  }

  /* --- What would be hit ------------------------------------------------------------------------------------------------ */

  let timer = 0;
  let running = null;
  let unended = false;

  function lookSoon() {
    clearTimeout(timer);
    if (sheet.data) sheet.data.times = null;  // of what was typed before
    timer = setTimeout(() => {
      if (able && rule()) open(shown);
      look();
    }, PAUSE);
  }

  async function look() {
    if (running) running.abort();
    const mine = running = new AbortController();
    try {
      await ask("quick", mine);
      await ask("whole", mine);
      clean();
    } catch (error) {
      if (error.name === "AbortError") return;
      document.getElementById("looked").removeAttribute("aria-busy");
      document.getElementById("preview").hidden = false;  // the form can do it without us
    }
  }

  async function ask(what, mine) {
    const body = new URLSearchParams(new FormData(form));
    body.set("look", what);
    document.getElementById("looked").setAttribute("aria-busy", "true");
    // Who was signed out meanwhile is led elsewhere: what was typed stays here, and sending it asks to sign in.
    const answer = await fetch(location.pathname, { method: "POST", body, signal: mine.signal, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const old = document.getElementById("looked"), focus = document.activeElement;
    const again = old.contains(focus) ? [focus.name, focus.value] : null;
    const unfolded = Array.from(old.querySelectorAll("[data-hit] details[open]"), one => one.closest("[data-hit]").dataset.hit);
    old.replaceWith(document.importNode(page.getElementById("looked"), true));
    for (const row of document.querySelectorAll("#looked [data-hit]")) if (unfolded.includes(row.dataset.hit)) row.querySelector("details").open = true;
    if (again) {
      const same = Array.from(document.querySelectorAll("#looked [name]")).find(one => one.name === again[0] && one.value === again[1]);
      if (same) same.focus({ preventScroll: true });
    }
    document.getElementById("preview").hidden = Boolean(document.getElementById("impact"));
    notices();
    line();
    mark();
  }

  /* What was wrong with places and times is mended: the words that said so go. */
  function clean() {
    if (!document.querySelector("#looked [name=seal]")) return;
    for (const name of PLACE_AND_TIME) {
      const one = field(name), place = one && (one.length ? one[0] : one).closest(".field");
      if (!place) continue;
      for (const error of place.querySelectorAll(".errorlist")) error.remove();
      for (const wrong of place.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
    }
  }

  function notices() {
    const warning = document.getElementById("without-notice");
    if (!warning) return;
    const missing = ["kk", "ru", "en"].filter(code => !field(`notice_${code}`).value.trim());
    warning.querySelector("p").textContent = warning.dataset.words.replace("LANGUAGES", missing.map(code => told.dataset[code]).join(", "));
    warning.hidden = !missing.length || missing.length === 3;  // without any it is refused
  }

  function line() {
    const stretch = read(), impact = document.getElementById("impact"), heard = document.getElementById("heard");
    chosenLine.hidden = !stretch;
    if (!stretch) return;
    const repeats = rule() ? ` · ${field("repeats").selectedOptions[0].textContent}` : "";
    chosenLine.textContent = (unended ? `${words(stretch)} · ${say.sayUntil}` : words(stretch)) + repeats;
    if (!impact || unended) return;
    const link = made("a", "", impact.textContent);
    link.href = "#impact";
    chosenLine.append(document.createElement("br"), link, heard ? ` · ${heard.textContent}` : "");
  }

  /* --- The calendar ----------------------------------------------------------------------------------------------------- */

  const heads = new Map();
  const sheet = calendar(part, {
    chosen: (stretch, done) => {
      write(stretch);
      unended = !done;
      sheet.paint();
      line();
      lookSoon();
    },
    turn,
    wanted: read,
    moment: time => moment(time).join(", "),
    settings: () => {
      heads.clear();
      return { dayHeaderFormat: date => head(day(date)) };
    },
    drawn: like => {
      document.getElementById("whole").textContent = week() ? say.sayWeek : say.sayDay;
      for (const button of part.querySelectorAll("[data-span]")) button.setAttribute("aria-pressed", String(button.dataset.span === shown.span));
      line();
      requestAnimationFrame(() => reveal(like));
    },
    painted: () => requestAnimationFrame(mark),
  });

  let shown = { day: begins(), span: narrow.matches ? "day" : "week" };
  let revealed = "";
  const week = () => shown.span === "week";

  /* The first day that is typed; today where it has begun and is not over; of one that repeats and has begun, its next. */
  function begins() {
    const first = field("first").value, stretch = read();
    if (rule() && first < say.today && say.next) return say.next;
    return DATE.test(first) && !(first < say.today && stretch && stretch.to > at(`${say.today}T00:00`)) ? first : say.today;
  }

  function turn(by) {
    const length = week() ? 7 : 1;
    return open({ ...shown, day: by ? iso(at(`${shown.day}T00:00`) + by * length * DAY).slice(0, 10) : say.today });
  }

  function open(wanted) {
    shown = wanted;
    const asked = new URLSearchParams({ day: shown.day, span: shown.span, closure: say.closure });
    if (rule()) for (const [name, value] of new FormData(form)) if (PLACE_AND_TIME.includes(name) || name === "rrule") asked.append(name, value);
    return sheet.open(asked);
  }

  /* A week is wider than the screen: the day that is meant comes into view, once. */
  function reveal(like) {
    const main = timeline.querySelector(".ec-main"), side = timeline.querySelector(".ec-sidebar"), head = timeline.querySelector(`[data-day="${shown.day}"]`);
    const now = `${sheet.data.days[0]} ${like}`;
    if (!main || !head || revealed === now) return;
    revealed = now;
    main.scrollLeft += head.parentNode.getBoundingClientRect().left - main.getBoundingClientRect().left - side.offsetWidth;
  }

  /* Drawing anew leaves a day's button where it stands: whoever is on it stays there, and a click that has begun is not lost. */
  function head(date) {
    const label = sheet.data.labels[date] || "";
    const known = heads.get(date);
    if (known && known.label === label) return known;
    const button = made("button", "head", label);
    button.type = "button";
    button.dataset.day = date;
    button.append(made("span", "sr", ` (${say.sayDay})`));
    const content = { label, get domNodes() { return button.isConnected ? null : [button]; } };
    heads.set(date, content);
    return content;
  }

  /* Visits that the chosen closure would hit stand out. */
  function mark() {
    const hit = new Set(Array.from(document.querySelectorAll("#looked [data-hit]"), one => one.dataset.hit));
    for (const bar of timeline.querySelectorAll("[data-visit]")) bar.classList.toggle("hit", hit.has(bar.dataset.visit));
  }

  function whole(first, days) {
    return { row: null, from: first, to: first + days * DAY };
  }

  part.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.turn) turn(Number(button.dataset.turn));
    if (button.dataset.span) open({ ...shown, span: button.dataset.span });
    if (button.dataset.day) sheet.press(whole(at(`${button.dataset.day}T00:00`), 1));
    if (button.id === "whole") {
      sheet.take(whole(at(`${sheet.data.days[0]}T00:00`), sheet.data.days.length));
    }
  });

  /* --- Both ways -------------------------------------------------------------------------------------------------------- */

  function changed(event) {
    if (event.target.name && event.target.name.startsWith("notice_")) notices();
    if (!PLACE_AND_TIME.includes(event.target.name)) return;
    unended = false;
    if (able) {
      sheet.forget();
      const day = field("first").value;
      if (sheet.data && DATE.test(day) && event.target.name === "first" && !sheet.data.days.includes(day)) open({ ...shown, day });
      else sheet.paint();
    }
    line();
    lookSoon();
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", () => { clearTimeout(timer); if (running) running.abort(); });
  addEventListener("pageshow", event => {  // a browser that goes back puts in what was typed
    const day = begins();
    if (able && !event.persisted && shown.day !== day) open({ ...shown, day }); else sheet.paint();
    line();
    if (read() && !document.getElementById("impact")) look();  // once, here: a second look would take "Publish" from under a hand
  });

  if (able) open(shown);
  if (document.getElementById("impact")) notices();
})();
