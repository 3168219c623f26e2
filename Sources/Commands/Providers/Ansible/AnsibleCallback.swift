/// The plugin by which Ansible reports one JSON object a line on standard output; it has none of its own for that.
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

        LIMIT = 2000
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
                if event in ("failed", "item_failed", "unreachable"):
                    if task.no_log is True or "censored" in values:
                        members["message"] = "its output is hidden (no_log)"
                    else:
                        members["message"] = str(values.get("msg", ""))[:LIMIT]
                        for name in ("stderr", "module_stderr", "exception"):
                            if values.get(name):
                                members["detail"] = str(values[name])[-LIMIT:]
                                break
                        if "rc" in values:
                            members["status"] = values["rc"]
                self.emit(event, **members)

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
