/// Texts that a step could print, or an output could be, to take over a page or to deceive its reader.
enum HostileText {
    /// Sets the title of the document when it is run.
    static let code = "document.title='ow'+'ned'"

    static let markup: [String] = [
        "<script>\(code)</script>", "</script><script>\(code)</script>", "<img src=x onerror=\"\(code)\">",
        "\"><svg onload=\(code)>", "' onmouseover='\(code)", "</pre></details><script>\(code)</script>",
        "<!--<script>\(code)</script>", "--><script>\(code)</script>", "]]><script>\(code)</script>",
        "</style><script>\(code)</script>", "</title><script>\(code)</script>",
        "<iframe srcdoc=\"<script>\(code)</script>\">",
        "<a href=\"javascript:\(code)\">x</a>", "<base href=//evil.example/>", "<meta http-equiv=refresh content=0>",
        "<style>*{display:none}</style>", "&lt;script&gt;\(code)&lt;/script&gt;", "<sc\u{0}ript>\(code)</script>",
        "\u{1B}]8;;javascript:\(code)\u{07}link\u{1B}]8;;\u{07}", "\u{1B}[31m<script>\(code)</script>\u{1B}[0m",
    ]
    static let all = markup.joined(separator: " ")
}
