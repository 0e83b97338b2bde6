// SPDX-License-Identifier: EUPL-1.2
// Source: stadswacht, own work.  Licence: EUPL-1.2.

rule STADSWACHT_Ransom_Note_Words
{
    meta:
        description = "Short text that says files were encrypted and asks to get in touch to pay"
        author = "stadswacht"
        license = "EUPL-1.2"
        date = "2026-11-23"
        mitre_technique_id = "T1486"
        score = 85
    strings:
        $what1 = /(all|your|important) (of your )?(files|data|documents|network)( and (data|files|backups))? (have been|has been|are|were|is) (encrypted|locked|stolen)/ nocase ascii wide
        $what2 = /(al )?uw (bestanden|gegevens|netwerk) (zijn|is) (versleuteld|vergrendeld|gestolen)/ nocase ascii wide
        $how1 = ".onion" nocase ascii wide
        $how2 = "tor browser" nocase ascii wide
        $how3 = "decryption key" nocase ascii wide
        $how4 = /(bitcoin|monero|btc|xmr) (wallet|address)/ nocase ascii wide
        $how5 = /(private|unique) key/ nocase ascii wide
        $how6 = "decryptor" nocase ascii wide
        $how7 = "losgeld" nocase ascii wide
    condition:
        filesize < 128KB and any of ($what*) and 2 of ($how*)
}
