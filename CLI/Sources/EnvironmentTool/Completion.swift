import ArgumentParser
import CommandLineProgram

/// The only command without a store: a shell asks for it before there is any.
struct Completion: ParsableCommand {
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish

        var parsed: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    static let configuration = CommandConfiguration(
        abstract: "The script with which a shell completes commands, options and the names of environments.",
        usage: "\(Tool.name) completion <shell>",
        discussion: """
            \(Examples([
                "completion bash > ~/.local/share/bash-completion/completions/\(Tool.name)",
                "completion zsh > ~/.zfunc/_\(Tool.name)",
                "completion fish > ~/.config/fish/completions/\(Tool.name).fish",
            ]))
            """)

    @Argument(help: ArgumentHelp("The shell.", valueName: "shell"))
    var shell: Shell

    func run() { StandardOutput.write(RootCommand.completionScript(for: shell.parsed) + "\n") }
}
