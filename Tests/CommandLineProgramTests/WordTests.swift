import CommandLineProgram
import Testing

@Suite("Words")
struct WordTests {
    @Test(
        "A mistyped word is near the intended one",
        arguments: [
            ("lst", "list"), ("lsit", "list"), ("shwo", "show"), ("hist", "history"), ("destory", "destroy"),
            ("provison", "provision"), ("provi", "provision"), ("listing", "list"), ("rumble", nil), ("", nil),
            ("xyz", nil),
        ])
    func nearest(word: String, near: String?) {
        #expect(word.nearest(in: ["list", "show", "history", "destroy", "provision"]) == near)
    }

    @Test(
        "A word of a command line is quoted when a shell would split it",
        arguments: [
            (["show", "web"], "show web"), (["--data-dir", "my data"], "--data-dir 'my data'"),
            ([""], "''"), (["it's"], "'it'\\''s'"), (["$HOME"], "'$HOME'"),
            (["a'\u{301}b"], "'a'\\''\u{301}b'"), (["a\u{200D}"], "'a\u{200D}'"), (["a\r\nb"], "'a\r\nb'"),
        ])
    func quoting(words: [String], line: String) {
        #expect(words.commandLine == line)
    }

    @Test(
        "A sentence is wrapped between words, and a path is not split",
        arguments: [
            ("one two three", nil, ["one two three"]), ("one two three", 13, ["one two three"]),
            ("one two three", 12, ["one two", "  three"]), ("  one two", 6, ["  one", "  two"]),
            ("see /a/long/path now", 8, ["see /a/long/path", "  now"]),
        ] as [(String, Int?, [String])])
    func wrapping(text: String, width: Int?, lines: [String]) {
        #expect(text.wrapped(at: width, indent: "  ") == lines)
    }

    @Test(
        "A text takes as many columns as a terminal draws",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本語", 6), ("ｶﾅ", 2), ("ＡＢ", 4), ("한글", 4),
            ("\u{1112}\u{1161}\u{11AB}", 2), ("😀", 2), ("🚀🚀", 4), ("\u{200B}", 0), ("a\u{AD}b", 3), ("✓ ‖ …", 5),
            ("❤\u{FE0F}", 2), ("🇩🇪", 2),
        ])
    func columns(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test(
        "A prefix takes no more columns than available, and splits no character",
        arguments: [
            ("日本語", 6, "日本語"), ("日本語", 5, "日本"), ("日本語", 1, ""), ("ab日", 3, "ab"), ("abc", 0, ""), ("abc", -1, ""),
            ("e\u{301}e\u{301}", 1, "e\u{301}"), ("👩\u{200D}🚀!", 3, ""), ("👩\u{200D}🚀!", 4, "👩\u{200D}🚀"),
        ])
    func beginning(text: String, columns: Int, beginning: String) {
        #expect(text.prefix(columns: columns) == beginning)
    }

    @Test("A sentence in wide characters is wrapped by columns")
    func wideWrapping() {
        #expect("失敗 失敗 失敗".wrapped(at: 10, indent: "  ") == ["失敗 失敗", "  失敗"])
    }

    @Test(
        "A duration is shown in seconds",
        arguments: [(Duration.milliseconds(5), "0.01 s"), (.milliseconds(420), "0.42 s"), (.seconds(12.34), "12.3 s")])
    func durations(duration: Duration, text: String) {
        #expect(duration.text == text)
    }
}
