// SPDX-License-Identifier: EUPL-1.2
// The console as people use it, in Debian's chromium: a real server on a real store, with
// tests/tools/append in the place of ingest.  Screenshots go to BUILD/screenshots.
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { texts } from "../../collector/console/src/text.js";

const build = resolve(process.env.BUILD || "build");
const shots = join(build, "screenshots");
const folder = mkdtempSync(join(tmpdir(), "stadswacht-browser-"));
const socket = join(folder, "web.sock");
const axeSource = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM";
let passed = 0, failed = 0, port = 0, server;

function check(what, ok, more = "") {
	if (ok)
		passed++;
	else {
		failed++;
		console.log(`not ok: ${what} ${more}`);
	}
}

// --- the server -----------------------------------------------------------------

function start() {
	const args = ["--store", `sqlite:${folder}/store.db`, "--", join(build, "stadswacht-web"), "--store",
		`sqlite:${folder}/store.db`, "--listen", `127.0.0.1:${port}`, "--socket", socket,
		"--console", join(build, "console")];
	server = spawn(join(build, "tools/append"), args, { stdio: ["pipe", "pipe", "inherit"] });
	server.ids = [];
	server.stdout.on("data", (d) => server.ids.push(...String(d).trim().split("\n")));
}

function stop() {
	return new Promise((done) => {
		server.once("exit", done);
		server.stdin.end();
	});
}

function local(method, path) {
	return new Promise((done, fail) => {
		const r = request({ socketPath: socket, method, path, headers: { Host: "localhost" } }, (a) => {
			let text = "";
			a.on("data", (d) => { text += d; }).on("end", () => done(JSON.parse(text)));
		});
		r.on("error", fail);
		r.end();
	});
}

async function until(what, test, tries = 100) {
	for (let i = 0; i < tries; i++) {
		try {
			if (await test())
				return true;
		} catch { /* not yet */ }
		await new Promise((r) => setTimeout(r, 100));
	}
	console.log(`gave up waiting: ${what}`);
	return false;
}

// --- rows -------------------------------------------------------------------------

const SAMPLES = [
	[1, "ET EXPLOIT Apache log4j RCE Attempt (http ldap) (CVE-2021-44228)", "rules", "Attempted Administrator Privilege Gain", ["T1190"]],
	[2, "ET SCAN Potential SSH Scan", "rules", "Attempted Information Leak", ["T1046"]],
	[3, "Obsolete TLS (v1.1 or older)", "ndpi", "Risk", []],
	[2, "ET POLICY Outgoing Basic Auth Base64 HTTP Password detected unencrypted", "rules", "Potential Corporate Privacy Violation", []],
	[1, "webshell_php_generic", "yara", "Malware", ["T1505.003"]],
	[3, "Known protocol on non standard port", "ndpi", "Risk", []],
];
const TOWNS = ["zwolle", "kampen", "dalfsen"];
let number = 0;

function alert(values = {}) {
	const i = number++;
	const [severity, signature, engine, category, attack] = SAMPLES[i % SAMPLES.length];
	const town = TOWNS[i % TOWNS.length];
	const place = engine === "yara"
		? { fileinfo: { filename: "/var/www/html/uploads/avatar.php", sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", size: 4711 } }
		: { src_ip: `198.51.100.${i % 250 + 1}`, src_port: 40000 + i, dest_ip: `10.20.${i % 4}.15`, dest_port: [443, 22, 8443, 80][i % 4], proto: "TCP" };
	return {
		timestamp: new Date().toISOString().replace("Z", "000+0000"), event_type: "alert", ...place,
		alert: { action: "allowed", gid: 1, signature_id: 2000000 + i, rev: 1, severity, category, signature, ...values },
		stadswacht: { v: 1, class: "alert", engine, attack, tenant: town, agent: `sw-${town}-web0${i % 2 + 1}`, host: `web0${i % 2 + 1}.${town}.example` },
	};
}

const send = (record) => server.stdin.write((typeof record === "string" ? record : JSON.stringify(record)) + "\n");

function incident(id, title, severity, events, town, attack) {
	const now = new Date().toISOString().replace("Z", "000+0000");
	return {
		timestamp: now, event_type: "incident",
		incident: { id, title, status: "new", severity, first: now, last: now, count: events.length, attack,
			entities: [{ type: "ip", value: "198.51.100.23" }, { type: "host", value: `web01.${town}.example` }],
			title_nl: `${title} (in het Nederlands)`,
			firings: [{ id: "f1", title, count: events.length, group: { src_ip: "198.51.100.23" } }], events },
		stadswacht: { v: 1, class: "alert", engine: "sigma", tenant: town },
	};
}

// --- the checks --------------------------------------------------------------------

async function axe(page, what) {
	await page.evaluate(axeSource);
	const found = await page.evaluate(() => window.axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	}));
	check(`axe: ${what}`, found.violations.length === 0, JSON.stringify(found.violations.map((v) =>
		[v.id, v.nodes.slice(0, 3).map((n) => n.html + " " + n.failureSummary)]), null, 1));
}

const shot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`) });
const ids = (page) => page.$$eval("table.alerts tbody tr button", (b) => b.map((x) => x.textContent));

async function login(page) {
	const link = await local("POST", "/api/v1/login-links");
	await page.goto(link.url);
	await page.waitForSelector("#h-view");
	return link.url;
}

async function testLogin(page) {
	const answer = await page.goto(`http://127.0.0.1:${port}/`);
	check("without a login there is no console", answer.status() === 401);
	check("it says how to get a link", (await page.textContent("body")).includes("stadswachtctl login-link"));
	await axe(page, "login page");
	await shot(page, "login");
	const used = await login(page);
	check("the link logs in", await until("live", async () => (await page.textContent(".connection")).includes("Live")));
	const other = await page.context().browser().newPage();
	check("the link works once", (await other.goto(used)).status() === 401);
	await other.close();
}

async function testLive(page) {
	await page.evaluate(() => { window.sameDocument = true; });
	send(alert({ signature: "LIVE <script>alert(1)</script>" }));
	check("a new alert appears by itself", await until("live row", async () => (await ids(page))[0]?.startsWith("LIVE <script>")));
	check("without a reload", await page.evaluate(() => window.sameDocument));
	check("it is announced politely", await until("announcement", async () =>
		/1 (nieuwe|new)/.test(await page.textContent("[aria-live=polite]"))));
	await page.click("text=Pauze");
	const before = (await ids(page)).length;
	send(alert({ signature: "HELD" }));
	check("paused: it waits", await until("held", async () => (await page.textContent(".held")).includes("1 nieuwe")));
	check("paused: the table stands still", (await ids(page)).length === before);
	await page.click("text=Hervatten");
	check("resumed: it is there", await until("resume", async () => (await ids(page))[0] === "HELD"));
}

async function testFilters(page) {
	await page.selectOption("#f-severity", "1");
	check("only high", await until("filter", async () => {
		const marks = await page.$$eval("table.alerts tbody .mark", (m) => m.map((x) => x.textContent));
		return marks.length > 0 && marks.every((x) => x.includes("Hoog"));
	}));
	await page.fill("#f-text", "webshell");
	check("by text", await until("text", async () => {
		const rows = await ids(page);
		return rows.length > 0 && rows.every((x) => x.includes("webshell"));
	}));
	await shot(page, "filtered");
	await page.fill("#f-text", "geen enkele melding heet zo");
	check("no match says so", await until("none", async () => (await page.textContent("main")).includes("Geen meldingen met deze filters")));
	await page.click("text=Filters wissen");
	check("cleared", await until("cleared", async () => (await ids(page)).length > 20));
}

async function focused(page) {
	return page.evaluate(() => {
		const e = document.activeElement;
		const r = e.getBoundingClientRect();
		const s = getComputedStyle(e);
		return { text: (e.textContent || e.id).trim(), tag: e.tagName, id: e.id, row: e.hasAttribute("data-row"),
			outline: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2,
			tall: r.height >= 24 || e.tagName === "MAIN" };
	});
}

async function testKeyboard(page) {
	await page.reload();
	await until("rows", async () => (await ids(page)).length > 5);
	await page.keyboard.press("Tab");
	check("the skip link is first", (await focused(page)).text === "Naar de inhoud");
	const walk = [];
	for (let i = 0; i < 16; i++) {
		await page.keyboard.press("Tab");
		walk.push(await focused(page));
	}
	check("focus is always visible", walk.every((f) => f.outline), JSON.stringify(walk.filter((f) => !f.outline)));
	check("targets are 24 pixels high", walk.every((f) => f.tall), JSON.stringify(walk.filter((f) => !f.tall)));
	check("in order: nav, tools, filters, pause, rows", (() => {
		const at = (test) => walk.findIndex(test);
		const order = [at((f) => f.text === "Meldingen"), at((f) => f.text === "Uitloggen"),
			at((f) => f.id === "f-severity"), at((f) => f.text.includes("Pauze")), at((f) => f.row)];
		return order.every((x, i) => x >= 0 && (i === 0 || x > order[i - 1]));
	})(), JSON.stringify(walk.map((f) => f.text.slice(0, 20))));
	await page.keyboard.press("j");
	await page.keyboard.press("j");
	const row = await focused(page);
	check("j goes to a row", row.row);
	await page.keyboard.press("Enter");
	await page.waitForSelector(".panel");
	check("Enter opens it, focus on its heading", (await focused(page)).tag === "H2");
	await page.keyboard.press("Escape");
	check("Escape closes it", (await page.$(".panel")) === null);
	check("and focus is back", (await focused(page)).text === row.text);
	await page.keyboard.press("2");
	check("2 goes to incidents", await until("incidents", async () => (await page.textContent("h1")) === "Incidenten"));
	await page.keyboard.press("?");
	check("? shows the shortcuts", await until("dialog", () => page.isVisible("dialog[open]")));
	await shot(page, "shortcuts");
	await axe(page, "shortcuts");
	await page.uncheck("dialog input[type=checkbox]");
	await page.keyboard.press("Escape");
	await page.keyboard.press("3");
	check("shortcuts can be turned off", (await page.textContent("h1")) === "Incidenten");
	await page.evaluate(() => localStorage.clear());
}

async function testIncidents(page) {
	const merged = incident("inc-0003", "Part of the first", "medium", [2], "zwolle", []);
	Object.assign(merged.incident, { status: "merged", merged_into: "inc-0001" });
	send(merged);
	await page.goto(`http://127.0.0.1:${port}/#incidents`);
	await page.reload();
	await page.click("text=Brute force of SSH");
	check("one that was merged is not listed", !(await page.textContent("table")).includes("Part of the first"));
	await page.goto(`http://127.0.0.1:${port}/#incidents/inc-0003`);
	check("but says where it went", await until("merged", async () => (await page.textContent(".panel")).includes("Is nu deel van inc-0001")));
	await page.click(".panel a[href='#incidents/inc-0001']");
	check("the timeline is there", await until("timeline", async () => (await page.$$(".timeline li")).length === 4));
	check("a title in Dutch for who reads Dutch", (await page.textContent(".panel-title")).includes("(in het Nederlands)"));
	check("why, and what the events share", /src_ip 198\.51\.100\.23/.test(await page.textContent(".panel")));
	check("entities by their kind", /Adres198\.51\.100\.23/.test(await page.textContent(".panel")));
	check("entities and technique", /198\.51\.100\.23/.test(await page.textContent(".panel")) && /T1110/.test(await page.textContent(".panel")));
}

// A line that can be cut.  The server checks the Host header, so the port in it is put right.
function startLine() {
	const sockets = new Set();
	const line = createServer((client) => {
		const up = connect(port, "127.0.0.1");
		for (const s of [client, up]) {
			sockets.add(s);
			s.on("error", () => {}).on("close", () => { client.destroy(); up.destroy(); sockets.delete(s); });
		}
		client.on("data", (d) => up.write(Buffer.from(d.toString("latin1")
			.replace(/^Host: .*$/m, `Host: 127.0.0.1:${port}`), "latin1")));
		up.on("data", (d) => client.write(d));
	});
	const cut = () => new Promise((done) => {
		line.close(done);
		sockets.forEach((s) => s.destroy());
	});
	return { line, cut };
}

async function testReconnect(page) {
	const { line, cut } = startLine();
	await new Promise((done) => line.listen(0, "127.0.0.1", done));
	const linePort = line.address().port;
	await page.goto(`http://127.0.0.1:${linePort}/#alerts`);
	await until("rows", async () => (await ids(page)).length > 5);
	send(alert({ signature: "BEFORE" }));
	await until("before", async () => (await ids(page))[0] === "BEFORE");
	await cut();
	check("a cut is told", await until("cut", async () => (await page.textContent(".connection")).includes("Geen verbinding")));
	for (let i = 1; i <= 5; i++)
		send(alert({ signature: `MISSED ${i}` }));
	await new Promise((done) => line.listen(linePort, "127.0.0.1", done));
	check("what came meanwhile is there, in order, once", await until("missed", async () => {
		const rows = (await ids(page)).filter((x) => /^(MISSED|BEFORE)/.test(x));
		return rows.join() === "MISSED 5,MISSED 4,MISSED 3,MISSED 2,MISSED 1,BEFORE";
	}), (await ids(page)).slice(0, 8).join());
	await cut();
	await page.goto(`http://127.0.0.1:${port}/#alerts`);
	await until("live", async () => (await page.textContent(".connection")).includes("Live"));
	await stop();
	check("a lost connection is told", await until("lost", async () => (await page.textContent(".connection")).includes("Geen verbinding")));
	await shot(page, "lost");
	start();
	check("a restart ends the session, and the page says so", await until("logged out", async () =>
		(await page.textContent("h1")) === "U bent uitgelogd", 200));
	await shot(page, "logged-out");
	await axe(page, "logged out");
}

async function testLooks(browser) {
	for (const [scheme, language] of [["light", "nl"], ["dark", "nl"], ["light", "en"], ["dark", "en"]]) {
		const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1440, height: 900 }, timezoneId: "Europe/Amsterdam" });
		const page = await context.newPage();
		await login(page);
		await until("rows", async () => (await ids(page)).length > 5);
		if (language === "en")
			await page.click("text=English");
		check(`lang is ${language}`, (await page.getAttribute("html", "lang")) === language);
		const name = `${scheme}-${language}`;
		await shot(page, `alerts-${name}`);
		await axe(page, `alerts ${name}`);
		await page.click("tbody tr:nth-child(6) button[data-row]");
		await page.waitForSelector(".panel");
		await shot(page, `alert-${name}`);
		await axe(page, `alert details ${name}`);
		await page.keyboard.press("Escape");
		await page.click("nav a[href='#incidents']");
		await page.click("text=Brute force of SSH");
		await until("timeline", async () => (await page.$$(".timeline li")).length > 0);
		await shot(page, `incident-${name}`);
		await axe(page, `incident ${name}`);
		await page.click("nav a[href='#agents']");
		await until("agents", async () => (await page.$$("tbody tr")).length >= 4);
		await shot(page, `agents-${name}`);
		await axe(page, `agents ${name}`);
		await context.close();
	}
	const context = await browser.newContext({ viewport: { width: 360, height: 780 } });
	const page = await context.newPage();
	await login(page);
	await until("rows", async () => (await ids(page)).length > 5);
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	check("no sideways scrolling of the page at 360 pixels", wide <= 0, String(wide));
	await shot(page, "narrow");
	await context.close();
}

function testTexts() {
	const keys = (l) => Object.keys(texts[l]).sort().join();
	check("both languages have the same texts", keys("nl") === keys("en"));
	const holes = (s) => (s.match(/\{\w+\}/g) || []).sort().join();
	check("and the same holes in them", Object.keys(texts.nl).every((k) => holes(texts.nl[k]) === holes(texts.en[k])));
}

mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
	testTexts();
	start();
	await until("server", async () => {
		port = Number((await local("GET", "/api/v1/status")).console.split(":").pop());
		return port > 0;
	});
	["zwolle-web01 active", "zwolle-web02 active", "kampen-web01 active", "dalfsen-web01 pending", "kampen-oud revoked"].forEach((x, i) => {
		const [name, state] = x.split(" ");
		send(`agent sw-${name} ${KEY}${i} ${name.split("-")[0]} ${name.split("-")[1]}.${name.split("-")[0]}.example ${state}`);
	});
	for (let i = 0; i < 48; i++)
		send(alert());
	send("{broken");
	send(incident("inc-0001", "Brute force of SSH, then a log-in", "high", [2, 8, 14, 20], "zwolle", ["T1110", "T1078"]));
	send(incident("inc-0002", "One source scans many hosts", "medium", [3, 9], "kampen", ["T1046"]));
	await until("rows", async () => (await local("GET", "/api/v1/status")).last_id >= 51);
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
	const page = await context.newPage();
	page.on("pageerror", (e) => check("no error in the page", false, String(e)));
	page.on("console", (m) => m.text().includes("Content Security Policy") && check("nothing is refused by the CSP", false, m.text()));
	page.on("request", (r) => new URL(r.url()).hostname === "127.0.0.1" || check("nothing comes from elsewhere", false, r.url()));
	page.setDefaultTimeout(15000);
	await testLogin(page);
	await testLive(page);
	await testFilters(page);
	await testKeyboard(page);
	await testIncidents(page);
	await testLooks(browser);
	await testReconnect(page);
} catch (e) {
	check("the tests ran to their end", false, e.stack);
} finally {
	await browser.close();
	if (server.exitCode === null)
		await stop();
	rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
