/* The office's board. The page works without it: this draws the same as a timeline, lets a hand move things, and keeps up with others. */
"use strict";

(() => {
  const { able, made, wall, iso, at, minutes, typed, plain, drawing, redraw, chooser } = window.QonaqTimeline;
  const root = document.getElementById("board");
  const wide = matchMedia("(min-width: 48rem)");
  if (!root || !able) return;

  const say = root.dataset;
  const byGuides = say.by === "guides";
  const week = Boolean(say.week);
  const timeline = document.getElementById("timeline");
  const list = document.getElementById("as-list");
  const said = document.getElementById("said");
  const undoForm = said.querySelector("form");
  const closeThis = document.getElementById("close-this");
  const dialog = document.getElementById("dialog");
  const inDialog = document.getElementById("dialog-content");
  const POLL = 3000;

  let tag = "";
  let data = null;
  let calendar = null;
  let drag = null;
  let waiting = false;
  let asking = false;
  const done = undoForm.step.value ? [undoForm.step.value] : [];

  /* --- Words ----------------------------------------------------------------------------------------------------------- */

  function tell(words, kind = "") {
    said.className = `notice floating ${kind}`;  // nothing moves away under a dragging hand
    said.querySelector("p").textContent = words;
    undoForm.hidden = !done.length;
    undoForm.step.value = done.length ? done[done.length - 1] : "";
    undoForm.seen.value = data ? data.seen : "{}";
    closeThis.hidden = true;
    said.hidden = false;
  }

  /* --- What there is --------------------------------------------------------------------------------------------------- */

  async function get(address, headers) {
    const answer = await fetch(address, { headers, cache: "no-store", credentials: "same-origin" });
    if (answer.redirected) location.reload();  // signed out meanwhile
    return answer;
  }

  async function load(mine = false) {
    if (asking) return;
    asking = true;
    try {
      const answer = await get(say.events, { "X-Watching": "1", ...(tag ? { "If-None-Match": tag } : {}) });
      if (answer.status !== 200) return;
      const first = !tag;
      tag = answer.headers.get("ETag");
      data = await answer.json();
      await draw();
      if (!first && !mine) tell(say.sayOther);
    } catch {
      /* the next look will tell */
    } finally {
      asking = false;
    }
  }

  async function draw() {
    waiting = Boolean(drag);
    if (drag) return;  // nothing changes under a hand that holds something
    if (wide.matches) {
      calendar ? redraw(calendar, data, () => places && places.paint()) : create();
    } else if (calendar) {
      EventCalendar.destroy(calendar);
      calendar = null;
    }
    timeline.hidden = !calendar;
    document.getElementById("legend").hidden = document.getElementById("how").hidden = !calendar;
    undoForm.seen.value = data.seen;
    const answer = await get(say.here, { "HX-Request": "true", "X-Watching": "1" });
    if (answer.ok) document.getElementById("rows").outerHTML = await answer.text();
  }

  function create() {
    list.open = false;
    timeline.hidden = false;
    calendar = EventCalendar.create(timeline, {
      ...drawing(() => data, { week, first: say.first, offset: say.offset }),
      slotDuration: week ? "01:00:00" : "00:15:00",
      slotWidth: week ? 48 : Math.max(20, Math.floor((timeline.clientWidth - 212) / slots())),
      snapDuration: byGuides ? "24:00:00" : { minutes: Number(say.grid) },
      eventStartEditable: true,
      eventDurationEditable: false,
      eventContent: content,
      eventClick: ({ event, jsEvent }) => jsEvent.type === "click" && open(`${say.here}&visit=${event.extendedProps.visit}&party=${event.extendedProps.party || ""}`),
      eventDragStart: begin,
      dragConstraint: over,
      eventDrop: drop,
    });
  }

  plain(timeline);

  function slots() {
    return (parseInt(data.closes, 10) - parseInt(data.opens, 10)) * 4;
  }

  function content({ event }) {
    const props = event.extendedProps;
    if (event.display === "background") return { domNodes: [made("span", "patch", props.text || "")] };
    const lines = [made("b", "title", props.title), made("span", "about", props.about)];
    if (week) lines.reverse();  // an hour has room for a language and a number
    const row = data.rows.find(each => each.id === event.resourceIds[0]);
    const button = made("button", "grip", "");
    button.type = "button";
    button.title = [props.time, props.title, props.about, props.state].filter(Boolean).join(" · ");  // where the bar is too short for it
    button.append(made("span", "sr", `${row ? row.title : ""}, ${props.time} `), ...lines, made("span", "sr", ` (${props.state})`));
    return { domNodes: [button] };
  }

  /* --- Dragging -------------------------------------------------------------------------------------------------------- */

  async function begin({ event }) {
    drag = { event, party: event.extendedProps.party, visit: event.extendedProps.visit, row: event.resourceIds[0], over: event.resourceIds[0], at: 0, lit: [], seen: data.seen };
    const mine = drag;
    const address = byGuides ? say.guides.replace("/0/", `/${drag.party}/`) : say.starts.replace("CODE", drag.visit);
    try {
      const answer = await get(address, { Accept: "application/json" });
      if (!answer.ok) return;
      const found = await answer.json();
      if (drag !== mine) return;  // dropped already
      if (byGuides) light(found.guides); else lightStarts(found.starts);
    } catch {
      tell(say.sayLost, "bad");
    }
  }

  function cells(row) {
    const index = data.rows.findIndex(each => each.id === row);
    const all = timeline.querySelectorAll(".ec-body .ec-grid .ec-day");
    const days = all.length / data.rows.length;
    return Array.from(all).slice(index * days, (index + 1) * days);
  }

  function head(row) {
    const label = timeline.querySelector(`[data-row="${CSS.escape(row)}"]`);
    return label && label.closest(".ec-row-head");
  }

  function light(guides) {
    drag.may = guides;
    for (const row of data.rows) {
      const each = guides[row.id];
      const where = head(row.id);
      if (!where || !each || row.id === drag.row) continue;
      for (const element of [where, ...cells(row.id)]) element.classList.add(each.may ? "may" : "may-not");
      where.dataset.why = where.title = each.may ? say.sayMay : each.why;
    }
  }

  function lightStarts(starts) {
    drag.starts = starts;
    const offset = wall(drag.event.start) - at(drag.event.extendedProps.begins);
    for (const start of Object.keys(starts)) {
      const from = at(start) + offset;
      const id = `may-${start}`;
      calendar.addEvent({ id, resourceIds: [drag.row], start: iso(from), end: iso(from + Number(say.grid) * 60000), display: "background", classNames: ["may"] });
      drag.lit.push(id);
    }
  }

  function over({ newResource, delta }) {
    if (!drag) return false;
    drag.over = newResource ? newResource.id : drag.row;
    drag.at = ((delta.days || 0) * 86400 + (delta.seconds || 0)) * 1000;
    if (byGuides) {
      if (drag.at) return false;
      if (drag.over === drag.row) return true;
      if (drag.over === "nobody") return false;
      if (drag.may) point(drag.over);
      return !drag.may || Boolean(drag.may[drag.over] && drag.may[drag.over].may);
    }
    if (drag.over !== drag.row) return false;
    const start = target();
    tell(`${say.sayBegins} ${start.slice(11, 16)}`, drag.starts && !(start in drag.starts) && drag.at ? "bad" : "");
    return !drag.starts || drag.at === 0 || start in drag.starts;
  }

  function target() {
    return iso(at(drag.event.extendedProps.begins) + drag.at);
  }

  function point(row) {
    const each = drag.may[row];
    const name = data.rows.find(one => one.id === row).title;
    tell(`${name}: ${each && each.may ? say.sayMay : each ? each.why : ""}`, each && each.may ? "good" : "bad");
  }

  async function drop({ revert }) {
    const dropped = drag;
    revert();  // what is shown is what the museum's computer says
    const start = byGuides ? "" : target();
    end();
    if (!dropped || dropped.at === 0 && dropped.over === dropped.row) return;
    if (byGuides) {
      if (dropped.at || dropped.over === "nobody") return tell(say.sayNobody, "bad");
      const each = dropped.may && dropped.may[dropped.over];
      if (each && !each.may) return;  // the words why stand there already
      await post(say.give.replace("/0/", `/${dropped.party}/`), { guide: dropped.over, seen: dropped.seen });
    } else if (dropped.starts && dropped.starts[start]) {
      open(`${say.move.replace("CODE", dropped.visit)}?start=${encodeURIComponent(dropped.starts[start])}&day=${say.day}&by=spaces`, dropped.seen);
    } else if (dropped.over === dropped.row) {
      tell(`${say.sayTaken} ${start.slice(11, 16)}`, "bad");
    }
  }

  function end() {
    if (!drag) return;
    for (const id of drag.lit) calendar.removeEventById(id);
    for (const element of timeline.querySelectorAll(".may, .may-not")) element.classList.remove("may", "may-not");
    for (const where of timeline.querySelectorAll("[data-why]")) {
      delete where.dataset.why;
      where.removeAttribute("title");
    }
    drag = null;
    if (waiting) draw();
  }

  addEventListener("pointercancel", end);

  /* --- Closing ---------------------------------------------------------------------------------------------------------- */

  const places = say.close && chooser(timeline, {
    calendar: () => calendar,
    view: () => ({ rows: data.rows.map(row => row.id), days: [at(`${say.day}T00:00:00`)], opens: minutes(data.opens), closes: minutes(data.closes), step: Number(say.grid) }),
    free: true,
    chosen: (stretch, done) => {
      places.paint(stretch);
      const { spaces, ...times } = typed(stretch, data.rows), asked = new URLSearchParams(times);
      for (const space of spaces) asked.append("spaces", space);
      const names = spaces.length ? data.rows.filter(row => spaces.includes(row.id)).map(row => row.title).join(", ") : say.sayAll;
      tell(`${names}: ${iso(stretch.from).slice(11, 16)}–${iso(stretch.to).slice(11, 16)}${done ? "" : ` · ${say.sayUntil}`}`);
      undoForm.hidden = true;
      closeThis.href = `${say.close}?${asked}`;
      closeThis.hidden = false;
    },
  });

  addEventListener("keydown", event => {
    if (event.key !== "Escape" || closeThis.hidden) return;
    places.forget();
    places.paint(null);
    said.hidden = closeThis.hidden = true;
  });

  /* --- Changing -------------------------------------------------------------------------------------------------------- */

  async function post(address, fields, undoing = false) {
    const body = new URLSearchParams({ csrfmiddlewaretoken: undoForm.csrfmiddlewaretoken.value, ...fields });
    let found;
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
      found = await answer.json();
    } catch {
      return tell(say.sayLost, "bad");
    }
    if (undoing) done.pop();
    if (found.undo) done.push(found.undo);
    await settle();
    if (found.refused) tell(found.refused, "bad"); else tell(found.said, "good");
  }

  async function settle() {
    while (asking) await new Promise(resolve => setTimeout(resolve, 50));
    await load(true);
  }

  /* `seen`: the days as they were when a hand took hold of something; what a panel shows has been looked at just now. */
  async function open(address, seen = "") {
    try {
      const answer = await get(address, { "HX-Request": "true" });
      if (!answer.ok) return;
      inDialog.innerHTML = await answer.text();
      if (seen) for (const field of inDialog.querySelectorAll("[name=seen]")) field.value = seen;
      if (!dialog.open) dialog.showModal();
    } catch {
      tell(say.sayLost, "bad");
    }
  }

  document.addEventListener("click", event => {
    const link = event.target.closest("a[data-panel], a[data-close]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if ("close" in link.dataset && !dialog.open) return;
    event.preventDefault();
    if ("close" in link.dataset) dialog.close(); else open(link.href);
  });

  document.addEventListener("submit", event => {
    const form = event.target;
    if (!("post" in form.dataset)) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form, event.submitter));
    if (dialog.open) dialog.close();
    post(form.action, fields, form === undoForm);
  });

  /* --- Keeping up ------------------------------------------------------------------------------------------------------ */

  wide.addEventListener("change", () => data && draw());
  document.addEventListener("visibilitychange", () => document.hidden || load());
  setInterval(() => document.hidden || dialog.open || load(), POLL);
  load();
})();
