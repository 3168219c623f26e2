/// How much of each environment is on the page, so that a page of many environments stays one that a browser opens.
struct Limits {
    /// The newest runs.
    let runs: Int
    /// Lines of a trace.
    let traceLines: Int
    /// Members that the last command changed.
    let changes: Int
    /// Outputs of steps, and parameters.
    let values: Int

    init(environments count: Int) {
        let isMany = count > 100
        runs = EnvironmentPage.runs(of: count)
        traceLines = isMany ? 60 : 200
        changes = isMany ? 20 : 60
        values = isMany ? 12 : 40
    }
}

extension EnvironmentPage {
    /// The number of runs of each environment that a page of so many environments shows, the newest ones.
    public static func runs(of environments: Int) -> Int { environments > 100 ? 3 : 10 }
    /// The number of lines of a step's log that the page shows, the last ones.
    public static let logLines = 20
}
