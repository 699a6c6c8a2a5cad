// SPDX-License-Identifier: GPL-2.0-or-later
// Polls the observed state every two seconds and the report every ten. All answers are inserted
// as text, never as markup. The counters are drawn from their rows (/v1/fields); the plot and the
// hit ratio alone name the counters that they are computed from.
"use strict";

const LIVE_MS = 2000;
const REPORT_MS = 10000;
const SAMPLES = 150; // five minutes

const state = { fields: null, live: null, report: null, drift: null, health: null, samples: new Map() };
const byId = (id) => document.getElementById(id);

// --- making nodes ---

function make(tag, attributes, ...children) {
	const svg = ["svg", "g", "rect", "text", "path", "line", "polyline", "title"];
	const node = svg.includes(tag)
		? document.createElementNS("http://www.w3.org/2000/svg", tag)
		: document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {}))
		if (value !== null && value !== undefined)
			node.setAttribute(name, value);
	node.append(...children.filter((child) => child !== null && child !== undefined));
	return node;
}

function formatBytes(bytes) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
	let unit = 0;
	while (bytes >= 1024 && unit < units.length - 1) {
		bytes /= 1024;
		unit++;
	}
	return (unit === 0 || Number.isInteger(bytes) ? bytes : (Math.floor(bytes * 10) / 10).toFixed(1)) + units[unit];
}

function formatTime(text) {
	const time = new Date(text);
	return text && !isNaN(time) ? time.toLocaleString() : "never";
}

function modeOf(cache) {
	return cache.counters.bypass ? "bypassed" : cache.mode || "unknown mode";
}

// --- topology ---

function mountOf(inUse) {
	const found = /^mounted on '(.*)'$/.exec(inUse || "");
	return found ? found[1] : null;
}

function exportsOf(device) {
	const names = [];
	for (const one of state.live.exports)
		for (const ns of one.namespaces)
			if (ns.device === device)
				names.push({ title: one.nqn, note: "NVMe-oF, namespace " + ns.id });
	return names;
}

// Return one list of boxes for each stack of devices, from the memory to its users.
function chains() {
	const used = new Set(state.live.caches.map((cache) => cache.ramdisk));
	const users = (device, inUse) => {
		const mount = mountOf(inUse);
		return (mount ? [{ title: mount, note: "mounted" }] : []).concat(exportsOf(device));
	};
	const all = state.live.caches.map((cache) => [
		cache.ramdisk ? { title: cache.ramdisk, note: "RAM disk" } : { title: "memory", note: "cache's own" },
		{ title: cache.name, note: "cache, " + modeOf(cache) },
		{ title: cache.source || "?", note: "source" },
		...users("/dev/mapper/" + cache.name, cache.in_use)]);
	for (const disk of state.live.ramdisks)
		if (!used.has(disk.name))
			all.push([{ title: disk.name, note: "RAM disk, " + formatBytes(disk.size) },
				...users("/dev/" + disk.name, disk.in_use)]);
	return all;
}

function shorten(text, max) {
	return text.length > max ? text.slice(0, max - 1) + "\u2026" : text;
}

// Draw the boxes from left to right; on a narrow screen, from top to bottom.
function drawChain(boxes) {
	const upright = window.matchMedia("(max-width: 40rem)").matches;
	const width = 168, height = 46, gap = upright ? 22 : 34;
	const step = (upright ? height : width) + gap;
	const svg = make("svg", {
		class: "chain", role: "img", "aria-label": boxes.map((box) => box.note + " " + box.title).join(", then "),
		width: upright ? width + 2 : boxes.length * step - gap + 2,
		height: upright ? boxes.length * step - gap + 2 : height + 10 });
	boxes.forEach((box, i) => {
		const x = 1 + (upright ? 0 : i * step), y = upright ? 1 + i * step : 4;
		svg.append(make("g", {}, make("title", {}, box.title),
			make("rect", { class: "node", x, y, width, height, rx: 6 }),
			make("text", { x: x + 10, y: y + 20 }, shorten(box.title, 21)),
			make("text", { class: "soft", x: x + 10, y: y + 36 }, shorten(box.note, 28))));
		if (i === 0)
			return;
		svg.append(upright
			? make("path", { class: "arrow", d: `M${x + width / 2} ${y - gap} v${gap - 6} m-5 -5 l5 5 l5 -5` })
			: make("path", { class: "arrow", d: `M${x - gap} ${y + height / 2} h${gap - 4} m-6 -5 l6 5 l-6 5` }));
	});
	return svg;
}

function showChain() {
	const all = chains();
	byId("chain").replaceChildren(...(all.length ? all.map(drawChain) : [make("p", {}, "No RAM disks, caches or exports.")]));
}

// --- the caches and their plot ---

function takeSample(cache, now) {
	const list = state.samples.get(cache.name) || [];
	const { hits = 0, misses = 0, cached_bytes = 0, limit_bytes = 0 } = cache.counters;
	const last = list[list.length - 1];
	const reads = last ? hits - last.hits + misses - last.misses : 0;
	// Without reads, or after a reset of the counters, the ratio stays the same.
	const ratio = reads > 0 && hits >= last.hits ? (hits - last.hits) / reads : last ? last.ratio : null;
	list.push({ now, hits, misses, ratio, fill: limit_bytes > 0 ? cached_bytes / limit_bytes : 0 });
	state.samples.set(cache.name, list.slice(-SAMPLES));
}

function line(samples, key, kind, width, height) {
	const points = samples.map((sample, i) => sample[key] === null ? null :
		(width - (samples.length - 1 - i) * width / (SAMPLES - 1)).toFixed(1) + "," +
		(height - Math.min(1, Math.max(0, sample[key])) * height).toFixed(1)).filter(Boolean);
	return make("polyline", { class: kind, points: points.join(" ") });
}

function percent(value) {
	return value === null || value === undefined ? "no reads yet" : Math.round(100 * value) + "%";
}

function drawPlot(name) {
	const samples = state.samples.get(name), last = samples[samples.length - 1];
	const width = 600, height = 110;
	const svg = make("svg", { class: "plot", role: "img", viewBox: `0 -12 ${width + 66} ${height + 38}`,
		"aria-label": `Hit ratio and fill level of ${name} since this page was opened, five minutes at most; ` +
			`now ${percent(last.ratio)} and ${percent(last.fill)}` });
	for (const share of [0, 0.5, 1])
		svg.append(make("line", { class: "grid", x1: 0, x2: width, y1: height * (1 - share), y2: height * (1 - share) }),
			make("text", { class: "soft", x: width + 6, y: height * (1 - share) + 4 }, percent(share)));
	svg.append(line(samples, "ratio", "ratio", width, height), line(samples, "fill", "fill", width, height),
		make("text", { class: "soft", x: 0, y: height + 20 }, "5 min ago"),
		make("text", { class: "soft end", x: width, y: height + 20 }, "now"));
	return svg;
}

function figure(title, value, name, doc) {
	return make("div", { title: doc }, make("dt", {}, title), make("dd", { "data-figure": name }, String(value)));
}

// Draw the counters of these rows which the kernel has. The tooltip is the documentation of the row.
function counterFigures(cache, rows) {
	return rows.filter((row) => row.name in cache.counters).map((row) => {
		const value = cache.counters[row.name];
		return figure(row.name.replace(/_bytes$/, "").replaceAll("_", " "),
			row.bytes ? formatBytes(value) : value, row.name, row.doc);
	});
}

// Each answer draws the caches again: details that are open stay open.
function detailsOf(cache, figures) {
	const before = document.querySelector(`details[data-of="${CSS.escape(cache.name)}"]`);
	return make("details", { "data-of": cache.name, open: before && before.open ? "" : null },
		make("summary", {}, "Counters of rapiddisk 9"), make("dl", { class: "figures" }, ...figures));
}

function showCache(cache) {
	const rows = state.fields.caches.filter((row) => row.counter);
	const figures = make("dl", { class: "figures" },
		figure("mode", modeOf(cache), "mode"), figure("hit ratio", cache.hit_ratio ?? "-", "hit_ratio"),
		...counterFigures(cache, rows.filter((row) => row.metric)));
	const others = counterFigures(cache, rows.filter((row) => !row.metric));
	return make("article", { "data-cache": cache.name }, make("h3", {}, cache.name), figures,
		others.length ? detailsOf(cache, others) : null, drawPlot(cache.name),
		make("p", {}, make("span", { class: "key-ratio" }, "\u2014 hit ratio "),
			make("span", { class: "key-fill" }, "- - fill level"), " (recorded while this page is open)"));
}

function showCaches() {
	const caches = state.live.caches;
	const held = document.activeElement.closest("details[data-of]");
	byId("caches").replaceChildren(...(caches.length ? caches.map(showCache) : [make("p", {}, "No caches.")]));
	if (held) // the keyboard stays where it was
		document.querySelector(`details[data-of="${CSS.escape(held.dataset.of)}"] summary`)?.focus({ preventScroll: true });
}

// --- desired and observed state ---

const SIGNS = { create: ["+", "add"], update: ["~", "change"], replace: ["-/+", "remove"], remove: ["-", "remove"],
	adopt: ["~", "change"], release: ["~", "change"] };

function liveFields(object) {
	const live = state.live;
	if (object.kind === "ramdisk") {
		const disk = live.ramdisks.find((one) => one.name === object.name);
		return disk && { size: formatBytes(disk.size), used: formatBytes(disk.used), read_only: disk.read_only,
			preallocate: disk.preallocate, in_use: disk.in_use || "-" };
	}
	if (object.kind === "cache") {
		const cache = live.caches.find((one) => one.name === object.name);
		return cache && { source: cache.source || "?", ramdisk: cache.ramdisk || "-", mode: modeOf(cache),
			capacity: formatBytes(cache.size), in_use: cache.in_use || "-" };
	}
	if (object.kind === "export") {
		const one = live.exports.find((item) => item.nqn === object.name);
		return one && { namespaces: one.namespaces.map((ns) => ns.device).join(", "), hosts: one.hosts.join(", ") || "-",
			allow_any_host: one.allow_any_host };
	}
	if (object.kind === "port") {
		const port = live.ports.find((item) => String(item.id) === object.name);
		return port && { transport: port.transport, address: port.address, service: port.service };
	}
	return null;
}

function fieldList(fields, marked) {
	return make("ul", { class: "fields" }, ...Object.entries(fields || {}).map(([name, value]) =>
		make("li", { class: marked && name in marked ? "change" : null }, name + ": " + value)));
}

function objectRow(object, drifted) {
	const shown = drifted || object;
	const bad = ["blocked", "failed", "skipped"].includes(shown.result);
	const open = drifted !== undefined || bad;
	const [sign, look] = bad ? ["!", "blocked"] : open ? SIGNS[shown.action] || ["", ""] : ["", ""];
	const live = liveFields(object);
	return make("tr", {}, make("td", { class: "sign " + look }, sign),
		make("th", { scope: "row", class: look }, object.kind + " " + object.name),
		make("td", { "data-title": "desired" }, object.wanted ? fieldList(object.wanted, open && shown.changes) : "absent"),
		make("td", { "data-title": "observed" }, live ? fieldList(live, open && shown.changes) : object.kind === "module" ? "" : "absent"),
		make("td", { class: look }, shown.message || shown.reason || (open ? shown.action + " " + shown.result : "in sync")));
}

function showObjects() {
	const report = state.report, drift = new Map();
	if (!report)
		return;
	const key = (object) => object.kind + " " + object.name;
	for (const object of (report.drift && report.drift.objects) || [])
		drift.set(key(object), object);
	const rows = report.objects.filter((object) => object.action !== "remove" || object.result !== "done")
		.map((object) => objectRow(object, drift.get(key(object))));
	const known = new Set(report.objects.map(key));
	for (const [name, object] of drift)
		if (!known.has(name))
			rows.push(objectRow(object, object));
	byId("objects").tBodies[0].replaceChildren(...rows);
}

// --- the report ---

function showReport() {
	const report = state.report;
	const rows = report ? [["result", report.result], ["message", report.message], ["stage", report.stage],
		["started", formatTime(report.started_at)], ["finished", formatTime(report.finished_at)],
		["drift checked", report.drift ? formatTime(report.drift.checked_at) : "not since this run"],
		["configuration", report.config && report.config.path], ["configuration SHA-256", report.config && report.config.sha256],
		["initramfs", report.initramfs && report.initramfs.state + (report.initramfs.hint ? ": " + report.initramfs.hint : "")],
		["version", report.tool_version]] : [["report", "no report"]];
	byId("report").replaceChildren(...rows.filter(([, value]) => value).flatMap(([name, value]) =>
		[make("dt", {}, name), make("dd", {}, String(value))]));
	byId("json").textContent = report ? JSON.stringify(report, null, 2) : "";
}

function showVerdict() {
	const words = { pass: "healthy", warn: "warning", fail: "failed" };
	const badge = byId("verdict"), status = state.health ? state.health.status : "fail";
	if (badge.textContent !== words[status])
		badge.textContent = words[status];
	badge.className = "badge " + status;
	const drift = state.drift;
	byId("summary").textContent = !drift ? "" : drift.message
		? "Check for drift failed: " + drift.message
		: drift.drifted
		? "Drift: " + drift.objects.length + (drift.objects.length === 1 ? " object" : " objects") +
			", checked " + formatTime(drift.checked_at)
		: "In sync, checked " + formatTime(drift.checked_at);
}

// --- polling ---

function trouble(text) {
	const box = byId("trouble");
	if (box.textContent !== text)
		box.textContent = text;
	box.hidden = text === "";
}

async function get(path) {
	const answer = await fetch(path, { cache: "no-store" });
	if (!answer.ok)
		throw new Error(path + ": HTTP status " + answer.status);
	return answer.json();
}

async function askLive() {
	// The rows change only with the version of the program.
	state.fields ??= await get("/v1/fields");
	state.live = await get("/v1/live");
	const now = Date.now();
	state.live.caches.forEach((cache) => takeSample(cache, now));
	showChain();
	showCaches();
	showObjects();
}

async function askReport() {
	Object.assign(state, await get("/v1/overview"));
	const file = state.health.checks["status:file"];
	trouble(file ? file[0].output : "");
	showVerdict();
	showReport();
	if (state.live)
		showObjects();
}

async function repeat(ask, ms) {
	try {
		if (!document.hidden)
			await ask();
	} catch (error) {
		trouble("Cannot read the status of this machine: " + error.message + ". Retrying.");
	}
	setTimeout(repeat, ms, ask, ms);
}

repeat(askLive, LIVE_MS);
repeat(askReport, REPORT_MS);
