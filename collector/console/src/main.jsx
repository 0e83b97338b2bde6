// SPDX-License-Identifier: EUPL-1.2
import { render } from "preact";
import { App } from "./app.jsx";

render(<App />, document.getElementById("app"));
