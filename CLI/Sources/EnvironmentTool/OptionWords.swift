import CommandLineProgram

/// The options among the words of a command line, before they are parsed.
enum OptionWords {
    /// The options that can be given more than once.
    private static let repeatable: Set = ["--set", "--state"]

    /// The error for an option that is given twice; `nil` when there is none.
    ///
    /// ArgumentParser would take the last value and say nothing.
    static func doubled(in words: [String]) -> UsageError? {
        var given: Set<String> = []
        // Behind -- a word is no option.
        for word in words.prefix(while: { $0 != "--" }) where word.utf8.starts(with: "--".utf8) {
            let option = String(decoding: word.utf8.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            guard repeatable.contains(option) || given.insert(option).inserted else {
                return UsageError(description: "\(option) is given twice, and can be given once")
            }
        }
        return nil
    }
}
