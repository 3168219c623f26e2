import Commands

/// The callback plugin that makes Ansible report JSON lines on standard output; Ansible itself has no such plugin.
enum AnsibleCallback {
    static let name = "typed_environments"
    static let fileName = "\(name).py"

    static let source = #"""
        from __future__ import annotations
        import json, os
        from ansible.plugins.callback import CallbackBase

        DOCUMENTATION = r"""
        name: typed_environments
        type: stdout
        short_description: one JSON object a line
        version_added: "1.0"
        description: Progress and results for a program that reads them.
        """

        # Characters of one text; the middle of a longer one is left out, and that is said.
        LIMIT = 1 << 20
        INTERNAL = ("changed", "failed", "skipped", "invocation", "warnings", "deprecations", "exception")
        ENDS = ("end_host", "end_play", "end_batch", "end_role")


        class CallbackModule(CallbackBase):
            CALLBACK_VERSION = 2.0
            CALLBACK_TYPE = "stdout"
            CALLBACK_NAME = "typed_environments"

            def emit(self, event, **members):
                members["event"] = event
                line = memoryview((json.dumps(members, default=str) + "\n").encode())
                while line:
                    line = line[os.write(1, line):]

            def result(self, event, result, **members):
                # The names without underscore are those of 2.19 and later.
                task = getattr(result, "task", None) or result._task
                host = getattr(result, "host", None) or result._host
                values = getattr(result, "result", None) or result._result
                members.update(task=task.get_name().strip(), host=host.get_name(), changed=bool(values.get("changed")))
                if task.no_log is True or values.get("_ansible_no_log") or "censored" in values:
                    if event in ("failed", "item_failed", "unreachable"):
                        members["message"] = "its output is hidden (no_log)"
                    self.emit(event, **members)
                    return
                warnings = [self.shorten(warning) for warning in values.get("warnings") or []]
                if warnings:
                    members["warnings"] = warnings
                if event in ("failed", "item_failed", "unreachable"):
                    members["message"] = self.shorten(values.get("msg", ""))
                    members["output"] = self.first(values, "stdout", "module_stdout")
                    members["detail"] = self.first(values, "stderr", "module_stderr", "exception")
                    if "rc" in values:
                        members["status"] = values["rc"]
                elif event in ("ok", "item_ok") and task.action.rpartition(".")[2] == "debug":
                    members["message"] = self.debug(values)
                self.emit(event, **members)

            def shorten(self, value):
                text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
                text = str(text)
                rest = len(text) - LIMIT
                if rest <= 0:
                    return text
                half = LIMIT // 2
                return "%s\n… %d characters left out …\n%s" % (text[:half], rest, text[-half:])

            def first(self, values, *names):
                return next((self.shorten(values[name]) for name in names if values.get(name)), "")

            def debug(self, values):
                if "results" in values:
                    # Each item of a loop had a line of its own.
                    return ""
                if "msg" in values:
                    return self.shorten(values["msg"])
                shown = [name for name in values if not str(name).startswith("_") and name not in INTERNAL]
                shown = [name for name in shown if name not in ("item", "ansible_loop_var")]
                return "\n".join("%s: %s" % (name, self.shorten(values[name])) for name in shown)

            def tasks(self, play):
                return [task for block in play.compile() for task in self.flat(block)]

            def flat(self, block):
                for part in (block.block, block.rescue, block.always):
                    for task in part:
                        if hasattr(task, "block"):
                            yield from self.flat(task)
                        else:
                            yield task

            def v2_playbook_on_start(self, playbook):
                total = 0
                for play in playbook.get_plays():
                    names = [task.action.rpartition(".")[2] for task in self.tasks(play)]
                    total += sum(name != "meta" for name in names) + (play.gather_facts is True)
                self.emit("start", total=total)

            def v2_playbook_on_play_start(self, play):
                hosts = play.get_variable_manager().get_vars(play=play).get("ansible_play_hosts_all", [])
                tasks = self.tasks(play)
                # Hosts that may rightly go without a task of their own are not expected in the statistics.
                ends = any(str(task.args.get("_raw_params")) in ENDS for task in tasks)
                ordinary = any(task.action.rpartition(".")[2] != "meta" and not task.run_once for task in tasks)
                needed = [str(host) for host in hosts] if ordinary and not ends else []
                self.emit("play", task=play.get_name().strip(), hosts=len(hosts), expected=needed)

            def v2_playbook_on_task_start(self, task, is_conditional):
                self.emit("task", task=task.get_name().strip())

            def v2_playbook_on_handler_task_start(self, task):
                self.emit("handler", task=task.get_name().strip())

            def v2_runner_on_ok(self, result):
                self.result("ok", result)

            def v2_runner_item_on_ok(self, result):
                self.result("item_ok", result)

            def v2_runner_on_failed(self, result, ignore_errors=False):
                self.result("failed", result, ignored=bool(ignore_errors))

            def v2_runner_item_on_failed(self, result):
                self.result("item_failed", result)

            def v2_runner_on_unreachable(self, result):
                self.result("unreachable", result)

            def v2_runner_on_skipped(self, result):
                self.result("skipped", result)

            def v2_runner_retry(self, result):
                self.result("retry", result)

            def v2_playbook_on_stats(self, stats):
                self.emit("stats", stats={host: stats.summarize(host) for host in sorted(stats.processed)})

        """#
}
