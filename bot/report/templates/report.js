// Filter, sort and highlight, and unfold the items that are packed; everything else can be read without it.
// What scrolls sideways is reached with the tab key only where it does.
(() => {
  const list = document.getElementById("list");
  const body = list.tBodies[0];
  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const pack = document.getElementById("packed");
  let rows = [...body.rows];

  const make = (name, content, given = {}) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
    made.append(...[content].flat());
    return made;
  };
  const drawn = (name, given) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
    return made;
  };
  const zone = { timeZone: document.documentElement.dataset.zone };
  const day = new Intl.DateTimeFormat("en-CA", zone);
  const time = new Intl.DateTimeFormat("en-GB", { ...zone, dateStyle: "medium", timeStyle: "short" });
  const said = (minutes) => minutes < 60 ? `${minutes}\u00a0min` : minutes < 1440 ? `${Math.round(minutes / 60)}\u00a0h`
    : `${(minutes / 1440).toFixed(minutes < 14400 ? 1 : 0)}\u00a0d`;

  const bar = (name, spans, { labels, bands }) => {
    const whole = spans.reduce((sum, [, , minutes]) => sum + minutes, 0) || 1;
    const svg = drawn("svg", { class: "timeline", viewBox: "0 0 240 14", role: "img", "aria-label": `Timeline of ${name}` });
    let x = 0;
    for (const [, label, minutes] of spans) {
      const wide = minutes / whole * 240;
      const shown = Math.max(wide, 0.6);
      const kind = labels[label < 0 ? -1 - label : label][1];
      svg.append(drawn("path", { class: kind, d: `M${x} ${bands[kind][0]}h${shown}v${bands[kind][1]}h-${shown}z` }));
      if (label < 0) svg.append(drawn("path", { class: "again", d: `M${x} 12h${shown}v2h-${shown}z` }));
      x += wide;
    }
    return svg;
  };

  const row = ([id, name, title, url, where, start, end, days, active, returns, since, parts], known) => {
    const spans = [];
    for (let n = 0; n < parts.length; n += 3) spans.push(parts.slice(n, n + 3));
    let at = since * 60000;
    const lines = spans.map(([stage, label, minutes]) => {
      const began = time.format(at);
      at += minutes * 60000;
      const again = label < 0 ? ", once more" : "";
      const told = `${known.stages[stage]}, ${known.labels[label < 0 ? -1 - label : label][0]}${again}`;
      return make("li", [`${began} `, make("b", said(minutes)), ` ${told}`]);
    });
    const timeline = make("details", [make("summary", bar(name, spans, known)), make("ol", lines)]);
    const date = (minutes) => minutes === null ? "–" : day.format(minutes * 60000);
    const tenths = (value) => value === null ? "–" : value.toFixed(1);
    const number = (value) => make("td", value, { class: "n" });
    const link = url ? make("a", name, { href: url, rel: "noreferrer" }) : name;
    return make("tr", [
      make("td", link), make("td", title), make("td", where), make("td", date(start)), make("td", date(end)),
      number(tenths(days)), number(tenths(active)), number(String(returns)), make("td", timeline),
    ], { id: `i${id}` });
  };

  let unfolded;
  const unfold = () => unfolded ??= (async () => {
    const bytes = Uint8Array.from(atob(pack.textContent.trim()), (character) => character.charCodeAt(0));
    const known = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).json();
    body.append(...known.rows.map((found) => row(found, known)));
    rows = [...body.rows];
    lay();
  })();

  let most = pack ? 500 : Infinity;
  const lay = () => {
    const wanted = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const found of rows) {
      const told = [...found.cells].slice(0, 3).map((cell) => cell.textContent).join(" ").toLocaleLowerCase();
      const here = wanted.every((word) => told.includes(word));
      number += here;
      found.hidden = !here || number > most;
    }
    if (unfolded) document.getElementById("more").hidden = rows.length <= most;
    const cut = number > most ? `, the first ${most} shown` : "";
    shown.textContent = wanted.length || cut ? `${number} of ${rows.length}${cut}` : "";
  };
  const narrow = async () => {
    if (filter.value.trim() && pack) await unfold();
    lay();
  };
  document.querySelector(".tools").hidden = false;
  filter.addEventListener("input", narrow);
  if (pack) {
    const more = document.getElementById("more");
    more.hidden = false;
    more.querySelector("button").addEventListener("click", async () => {
      await unfold();
      most = Infinity;
      lay();
    });
  }

  const value = (found, place) => {
    const text = found.cells[place].textContent.trim();
    return text === "–" ? -1 : /^-?[\d.]+$/.test(text) ? Number(text) : text;
  };
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const compared = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b));
  [...list.tHead.rows[0].cells].slice(0, -1).forEach((head, place) => {
    const button = make("button", head.textContent, { type: "button" });
    head.replaceChildren(button);
    button.addEventListener("click", async () => {
      if (pack) await unfold();
      const way = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
      for (const other of list.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", way);
      const sign = way === "ascending" ? 1 : -1;
      const values = new Map(rows.map((found) => [found, value(found, place)]));
      rows.sort((a, b) => sign * compared(values.get(a), values.get(b)));
      lay();
      body.append(...rows);
    });
  });

  const show = async () => {
    const id = location.hash.slice(1);
    if (id && pack && !document.getElementById(id)) await unfold();
    const target = id && document.getElementById(id);
    if (!target) return;
    const around = target.closest("details");
    if (around) around.open = true;
    if (target.tagName === "TR") {
      target.hidden = false;
      target.querySelector("details").open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();

  const reachable = () => {
    for (const region of document.querySelectorAll(".scroll")) {
      region.toggleAttribute("tabindex", false);
      if (region.scrollWidth > region.clientWidth) region.setAttribute("tabindex", "0");
    }
  };
  addEventListener("resize", reachable);
  reachable();

  const links = new Map([...document.querySelectorAll("#contents a")].map((link) => [link.hash.slice(1), link]));
  const watch = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      document.querySelector("#contents a.here")?.classList.remove("here");
      links.get(target.id)?.classList.add("here");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const id of links.keys()) watch.observe(document.getElementById(id));
})();
