// SPDX-License-Identifier: EUPL-1.2
// Shortcuts, and the list of them.  They can be turned off (WCAG 2.1.4): speech input
// and screen readers use single letters too.
import { useEffect, useRef } from "preact/hooks";
import { t } from "./text.js";

export const KEYS = [
	["1 2 3", "k_views"],
	["p", "k_pause"],
	["/", "k_search"],
	["j k", "k_move"],
	["Enter", "k_open"],
	["Esc", "k_close"],
	["?", "k_help"],
];

function moveRow(step) {
	const buttons = [...document.querySelectorAll("button[data-row]")];
	const at = buttons.indexOf(document.activeElement);
	const to = at === -1 ? 0 : Math.min(Math.max(at + step, 0), buttons.length - 1);

	buttons[to]?.focus();
}

export function useKeys(on, actions) {
	const latest = useRef(actions);

	latest.current = actions;
	useEffect(() => {
		const listen = (e) => {
			if (e.key === "Escape")
				latest.current.close();
			if (!on || e.ctrlKey || e.altKey || e.metaKey || e.target.closest("input, select, textarea, dialog"))
				return;
			const table = {
				1: () => latest.current.view("alerts"),
				2: () => latest.current.view("incidents"),
				3: () => latest.current.view("agents"),
				p: () => latest.current.pause(),
				"/": () => document.getElementById("f-text")?.focus(),
				j: () => moveRow(1),
				k: () => moveRow(-1),
				"?": () => latest.current.help(),
			};
			if (table[e.key]) {
				e.preventDefault();
				table[e.key]();
			}
		};
		document.addEventListener("keydown", listen);
		return () => document.removeEventListener("keydown", listen);
	}, [on]);
}

export function KeysDialog({ open, onClose, on, setOn }) {
	const dialog = useRef(null);

	useEffect(() => {
		if (open && !dialog.current.open)
			dialog.current.showModal();
		if (!open && dialog.current.open)
			dialog.current.close();
	}, [open]);
	return (
		<dialog ref={dialog} aria-labelledby="h-keys" onClose={onClose}>
			<h2 id="h-keys">{t("shortcuts")}</h2>
			<dl class="facts keys">
				{KEYS.map(([key, text]) => (
					<div key={key}>
						<dt>{key.split(" ").map((k) => <kbd key={k}>{k}</kbd>)}</dt>
						<dd>{t(text)}</dd>
					</div>
				))}
			</dl>
			<label class="check">
				<input type="checkbox" checked={on} onChange={(e) => setOn(e.target.checked)} /> {t("shortcutsOn")}
			</label>
			<button type="button" class="primary" onClick={onClose}>{t("close")}</button>
		</dialog>
	);
}
