import CommandLineProgram
import EnvironmentDomain
import Persistence

/// The schemas of what several results have in them.
enum PartSchemas {
    typealias Members = JSONSchema.Members

    static let definitions: [String: JSONSchema] = [
        "state": .oneOf(LifecycleState.allCases.map(\.rawValue)),
        "command": .oneOf(CommandName.allCases.map(\.rawValue)),
        "provider": .object(Members(always: ["kind": .text], sometimes: ["source": .text, "digest": .text])),
        "frozen": .object(
            Members(always: ["reason": .text, "user": .text, "since": .moment], sometimes: ["until": .moment])),
        "damage": .object(Members(always: ["kind": .text, "message": .text], sometimes: ["backup": .text])),
        "holder": .object(
            Members(sometimes: [
                "boot_id": .text, "command": .named("command"), "command_id": .text, "host": .text, "lock_id": .text,
                "pid": .integer, "process_started": .integer, "since": .moment, "step": .text, "user": .text,
                "condition": .oneOf(HolderCondition.allCases.map(\.rawValue)),
            ])),
        "progress": .object(
            Members(
                always: ["command_id": .text, "completed": .list(of: completed), "started_at": .moment],
                sometimes: ["current": current, "finished_at": .moment])),
        "failure": .object(
            Members(
                always: [
                    "attempts": .integer, "duration_ms": .integer, "error_kind": .text, "failed_at": .moment,
                    "failed_step": .text, "started_at": .moment, "summary": .text, "trace_id": .text,
                ],
                sometimes: ["suggested_actions": .list(of: action), "trace_file": .text])),
        "error": .object(Members(always: ["error": error], sometimes: ["version": .integer])),
        "event": .object(
            event.and(Members(always: ["serial": .integer], sometimes: ["missed": .list(of: .object(event))]))),
        "preview": .object(
            Members(always: [
                "add": .integer, "change": .integer, "remove": .integer,
                "changes": .list(of: .object(Members(always: ["action": .text, "address": .text]))),
            ])),
        "change": .object(Members(always: ["member": .text], sometimes: ["from": .anything, "to": .anything])),
        "overview": .object(overview),
        "changed": .object(report),
    ]

    /// What `list` and `show` say of an environment.
    static let overview = Members(
        always: ["environment": .text, "interrupted": .boolean],
        sometimes: [
            "state": .named("state"), "serial": .integer, "since": .moment, "saved_at": .moment,
            "instance_address": .text, "provider": .named("provider"), "parameters": .map(of: .text),
            "command": .named("command"), "step": position, "failure": .named("failure"), "last_line": .text,
            "freeze": .named("frozen"), "holder": .named("holder"), "damage": .named("damage"),
            "doubt": .named("damage"), "next": .text,
        ])

    /// What a command says that changes an environment.
    static let report = Members(
        always: [
            "environment": .text, "serial": .integer, "changed": .boolean, "data_dir": .text,
            "steps": .list(of: outcome),
        ],
        sometimes: [
            "state": .named("state"), "instance_address": .text, "next": .text, "saved_at": .moment,
            "progress": .named("progress"), "failure": .named("failure"), "holder": .named("holder"),
            "emergency_record": .text, "notes": .list(of: .text), "preview": .named("preview"), "drift": drift,
            "rollback": .object(Members(always: ["serial": .integer, "parameters": .map(of: .text)])),
        ])

    static let outcome = JSONSchema.object(
        Members(
            always: [
                "command": .named("command"), "name": .text,
                "outcome": .oneOf(["completed", "failed", "interrupted", "planned", "skipped"]),
            ], sometimes: ["duration_seconds": .number]))

    private static let position = JSONSchema.object(
        Members(always: ["number": .integer], sometimes: ["name": .text, "of": .integer, "attempt": .integer]))
    private static let completed = JSONSchema.object(
        Members(always: ["attempts": .integer, "finished_at": .moment, "name": .text, "started_at": .moment]))
    private static let current = JSONSchema.object(
        Members(always: ["attempt": .integer, "name": .text, "started_at": .moment]))
    private static let action = JSONSchema.object(
        Members(always: ["text": .text], sometimes: ["command": .text]))
    private static let drift = JSONSchema.object(
        Members(always: [
            "environment": .text, "checks": .list(of: .text),
            "findings": .list(
                of: .object(Members(always: ["check": .text, "subject": .text, "difference": .text]))),
        ]))
    private static let error = JSONSchema.object(
        Members(
            always: ["code": .integer, "kind": .text, "message": .text],
            sometimes: [
                "step": .text, "holder": .named("holder"), "next": .text, "trace_file": .text,
                "emergency_record": .text, "suggested_actions": .list(of: action),
            ]))
    private static let event = Members(
        always: ["at": .moment, "command": .named("command"), "command_id": .text],
        sometimes: [
            "from": .nullable(.named("state")), "to": .named("state"), "step": .text,
            "event": .oneOf(["started", "completed", "failed", "interrupted"]), "reason": .text, "previous": .text,
            "checksum": .text, "saved": .boolean,
        ])
}
