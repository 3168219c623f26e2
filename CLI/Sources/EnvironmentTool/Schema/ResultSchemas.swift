import EnvironmentDomain

/// The schemas of what the commands say with `--json`, by the names of the commands.
enum ResultSchemas {
    typealias Members = JSONSchema.Members

    /// Each with the version of its form.
    static let definitions: [String: JSONSchema] = results.mapValues { members in
        .object(members.and(Members(always: ["version": .integer])))
    }

    private static let report = PartSchemas.report
    private static let named = Members(always: ["environment": .text])

    private static let results: [String: Members] = [
        "list": Members(always: [
            "data_dir": .text, "environments": .list(of: .named("overview")), "damaged": .integer,
        ]),
        "show": PartSchemas.overview.and(
            Members(
                always: [
                    "folder": .text, "data_dir": .text, "instance_name": .text, "ssh_port": .integer,
                    "created_at": .moment, "outputs": .map(of: .text),
                ],
                sometimes: [
                    "emergency_record": .text, "lineage": .text, "ssh_credentials": .map(of: .anything),
                    "ssh_jump": .text, "progress": .named("progress"), "destruction": .map(of: .anything),
                ])),
        "history": named.and(Members(always: ["events": .list(of: .named("event")), "total": .integer])),
        "logs": named.and(
            Members(always: [
                "logs": .list(
                    of: .object(
                        Members(
                            always: ["run": .text, "step": .text, "path": .text],
                            sometimes: ["lines": .list(of: .text)])))
            ])),
        "trace": named.and(
            Members(
                always: ["text": .list(of: .text), "advice": .list(of: .text), "overcome": .boolean],
                sometimes: ["failure": .named("failure"), "trace_file": .text, "next": .text])),
        "lock": named.and(
            Members(
                always: ["held": .boolean],
                sometimes: [
                    "holder": .named("holder"), "abandoned": .named("holder"), "take_away": .text, "next": .text,
                    "processes": .list(
                        of: .object(Members(always: ["pid": .integer], sometimes: ["command": .text]))),
                ])),
        "diagram": Members(
            always: [
                "visited": .list(of: .named("state")), "steps": .list(of: step), "format": .text, "text": .text,
            ], sometimes: ["environment": .text, "state": .named("state")]),
        "stats": Members(
            always: ["environments": .integer, "unreadable": .list(of: .text), "figures": figures],
            sometimes: ["environment": .text]),
        "report": Members(
            always: ["data_dir": .text, "environments": .list(of: .text), "damaged": .integer],
            sometimes: ["file": .text, "page": .text]),
        "plan": named.and(
            Members(
                always: ["steps": .list(of: PartSchemas.outcome)],
                // Where nothing would run it is the report of a deployment.
                sometimes: report.always.merging(report.sometimes) { always, _ in always }
                    .filter { !["environment", "steps"].contains($0.key) }
                    .merging(["provider": .named("provider")]) { _, new in new })),
        "diff": named.and(difference),
        "notify": Members(always: [
            "deliveries": .list(
                of: .object(
                    Members(
                        always: ["environment": .text, "target": .text, "delivered": .integer],
                        sometimes: ["failure": .text])))
        ]),
        "doctor": Members(always: [
            "configuration": .list(of: .text), "problems": .integer,
            "environments": .list(
                of: .object(
                    Members(always: [
                        "environment": .text, "findings": .list(of: finding), "repaired": .list(of: .text),
                    ]))),
        ]),
        "create": report, "provision": report, "configure": report, "release": report, "run": report,
        "deploy": report, "rollback": report, "resume": report, "retry": report, "rerun": report, "destroy": report,
        "validate": report, "freeze": report, "unfreeze": report, "restore": report, "recover": report,
        "purge": report.and(Members(always: ["removed": .list(of: .text), "planned": .list(of: .text)])),
        "accept-edit": report.and(Members(always: ["difference": .object(difference)])),
        "import": report.and(
            Members(always: [
                "mapped": .list(of: .object(Members(always: ["from": .text, "to": .text]))),
                "remarks": .list(of: .text),
            ])),
        "cancel": named.and(Members(always: ["asked": .boolean], sometimes: ["holder": .named("holder")])),
        "force-release": named.and(
            Members(always: ["released": .boolean], sometimes: ["holder": .named("holder")])),
        "forget": named.and(
            Members(always: ["serial": .integer, "export": .text, "kept": .list(of: .text)])),
        "export": Members(
            always: [
                "environment": .map(of: .anything), "serial": .integer, "export_version": .integer,
                "history": .list(of: .named("event")),
            ],
            sometimes: [
                "lineage": .text, "saved_at": .moment, "event": .named("event"), "states": .list(of: .anything),
            ]),
        "migrate-store": Members(always: [
            "from": .text, "to": .text,
            "environments": .list(
                of: .object(
                    Members(
                        always: ["environment": .text, "outcome": .text],
                        sometimes: ["serial": .integer, "refusal": .text]))),
        ]),
        "prepare-store": Members(always: ["store": .text], sometimes: ["from": .integer, "to": .integer]),
        "several": Members(always: ["environments": .list(of: .map(of: .anything))]),
    ]

    private static let difference = Members(always: [
        "from": .integer, "to": .integer, "changes": .list(of: .named("change")),
    ])
    private static let finding = JSONSchema.object(
        Members(
            always: [
                "severity": .oneOf(Finding.Severity.allCases.map(\.rawValue)), "kind": .text, "message": .text,
                "repaired_by_fix": .boolean,
            ], sometimes: ["next": .text]))
    private static let step = JSONSchema.object(
        Members(
            always: [
                "command": .named("command"), "name": .text,
                "outcome": .oneOf(["done", "failed", "stopped", "running", "next"]),
            ], sometimes: ["remark": .text]))

    private static let endings = JSONSchema.object(
        Members(always: ["completed": .integer, "failed": .integer, "interrupted": .integer]))
    private static let figures = JSONSchema.object(
        Members(
            always: [
                "saves": .object(
                    Members(
                        always: ["attempts": .integer, "succeeded": .integer, "failed": .integer],
                        sometimes: ["success_rate": .number])),
                "deployments": endings, "destroys": endings, "runs": .integer, "resumes": .integer,
                "steps": .list(
                    of: .object(
                        Members(
                            always: [
                                "command": .named("command"), "name": .text, "started": .integer,
                                "completed": .integer, "failed": .integer, "interrupted": .integer,
                            ],
                            sometimes: [
                                "mean_seconds": .number, "p50_seconds": .number, "p95_seconds": .number,
                                "p99_seconds": .number, "longest_seconds": .number,
                            ]))),
            ], sometimes: ["last_resume": .moment]))
}
