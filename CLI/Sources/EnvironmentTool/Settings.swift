import CommandLineProgram

/// The tool's configuration, which is read once in a process.
enum Settings {
    private static let reading = Result { try Configuration.read(tool: Tool.name) }

    /// What the files say; nothing when one of them cannot be used, which every command refuses before it does anything.
    static var current: Configuration { (try? reading.get()) ?? Configuration() }

    /// Throws what is wrong with a file.
    static func check() throws { _ = try reading.get() }
}
