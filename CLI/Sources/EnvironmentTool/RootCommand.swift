import ArgumentParser
import CommandLineProgram

/// The whole command line, in the order in which a person looks for a command.
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Tool.name,
        abstract: Tool.current.summary,
        usage: "\(Tool.name) <command> [<name>] [<options>]",
        discussion: """
            The commands of a day:

              \(Tool.name) list              every environment, and what is wrong with it
              \(Tool.name) deploy NAME       takes one to a goal; --create makes it
              \(Tool.name) release NAME      puts the next release there: --set tag=v2
              \(Tool.name) rollback NAME     puts an earlier release there again
              \(Tool.name) show NAME         everything about one, and the next command
              \(Tool.name) logs NAME -f      what its steps print, until they end
              \(Tool.name) trace NAME        why it failed
              \(Tool.name) doctor            what is damaged or left over, and the repair

            Read-only commands need no lock and change nothing. Exit codes: 0 done, 1 a step failed, 2 drift, 64 wrong usage, \
            65 damaged, 66 no such environment, 69 tool missing, 74 not saved, 75 held by another command, \
            78 refused: the wrong state, frozen, or a goal that was reached with other parameters or steps.
            """,
        version: "\(Tool.name) \(Tool.current.version)",
        groupedSubcommands: [
            CommandGroup(
                name: "See",
                subcommands: [
                    List.self, Show.self, Watch.self, History.self, Diff.self, Logs.self, Trace.self, Lock.self,
                    Diagram.self, Stats.self, WriteReport.self, ServePage.self,
                ]),
            CommandGroup(
                name: "Do",
                subcommands: [
                    Create.self, Provision.self, Configure.self, Release.self, Run.self, Deploy.self, Rollback.self,
                    Resume.self, Retry.self, Rerun.self, Cancel.self, Plan.self, Destroy.self, Purge.self, Forget.self,
                ]),
            CommandGroup(
                name: "Repair",
                subcommands: [
                    Doctor.self, Validate.self, Restore.self, Recover.self, AcceptEdit.self, FreezeEnvironment.self,
                    Unfreeze.self, ForceRelease.self, Import.self, Export.self, MigrateStore.self, PrepareStore.self,
                    Notify.self,
                ]),
            CommandGroup(name: "For scripts and shells", subcommands: [Schema.self, Completion.self]),
        ])

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}
