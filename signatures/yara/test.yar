// SPDX-License-Identifier: EUPL-1.2
// Source: stadswacht, own work.  Licence: EUPL-1.2.

rule STADSWACHT_Test_Marker
{
    meta:
        description = "A harmless marker, to prove that the line from file to report works"
        author = "stadswacht"
        license = "EUPL-1.2"
        date = "2026-11-23"
        score = 40
    strings:
        $marker = "STADSWACHT-TEST-MARKER" ascii wide
    condition:
        $marker
}
