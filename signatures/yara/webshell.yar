// SPDX-License-Identifier: EUPL-1.2
// Source: stadswacht, own work.  Licence: EUPL-1.2.
// Small web shells: a page that runs what the visitor sends.

rule STADSWACHT_Webshell_PHP_Request_To_Code
{
    meta:
        description = "PHP page that runs a request parameter as code or command"
        author = "stadswacht"
        license = "EUPL-1.2"
        date = "2026-11-23"
        mitre_technique_id = "T1505.003"
        score = 85
    strings:
        $php = "<?"
        $run = /\b(eval|assert|system|passthru|shell_exec|popen|proc_open)\s{0,8}\(\s{0,8}(base64_decode\s{0,8}\(\s{0,8}|stripslashes\s{0,8}\(\s{0,8}|trim\s{0,8}\(\s{0,8})?@?\$_(GET|POST|REQUEST|COOKIE|SERVER)\b/ nocase
    condition:
        filesize < 1MB and $php and $run
}

rule STADSWACHT_Webshell_JSP_Request_To_Command
{
    meta:
        description = "JSP page that runs a request parameter as a command"
        author = "stadswacht"
        license = "EUPL-1.2"
        date = "2026-11-23"
        mitre_technique_id = "T1505.003"
        score = 85
    strings:
        $page = "<%"
        $run1 = /getRuntime\s{0,4}\(\s{0,4}\)\s{0,4}\.\s{0,4}exec\s{0,4}\(\s{0,4}request\s{0,4}\.\s{0,4}getParameter/
        $run2 = /new\s{1,8}ProcessBuilder\s{0,4}\([^;]{0,80}request\s{0,4}\.\s{0,4}getParameter/
    condition:
        filesize < 1MB and $page and any of ($run*)
}

rule STADSWACHT_Webshell_ASPX_Request_To_Code
{
    meta:
        description = "ASP.NET page that runs a request parameter as code or command"
        author = "stadswacht"
        license = "EUPL-1.2"
        date = "2026-11-23"
        mitre_technique_id = "T1505.003"
        score = 85
    strings:
        $page = /<(%@|script)[^>]{0,200}language\s{0,4}=\s{0,4}["']?(c#|jscript|vb)/ nocase
        $eval = /\beval\s{0,4}\(\s{0,4}Request\s{0,4}(\.\s{0,4}(Item|Form|QueryString)\s{0,4})?[\[\(]/ nocase
        $start = /ProcessStartInfo|Process\.Start\s{0,4}\(/
        $ask = /Request\s{0,4}(\.\s{0,4}(Form|QueryString|Params))?\s{0,4}[\[\(]/
        $shell = "cmd.exe" nocase
    condition:
        filesize < 1MB and $page and ($eval or ($start and $ask and $shell))
}
