variable "environment_name" {
  type        = string
  description = "The environment's name."
}

variable "lineage" {
  type        = string
  description = "What tells this environment from an earlier one of the same name."
}

variable "instance_dir" {
  type        = string
  description = "The folder for what is made on this machine."
}

variable "ssh_public_key" {
  type        = string
  description = "The key that may log in."
}

variable "ssh_user" {
  type        = string
  description = "Who logs in with it."
}

variable "hosts" {
  type        = list(string)
  description = "The names of the hosts. The address of a host belongs to its place in the list, so add new ones at the end."
  default     = ["app", "web"]
}

variable "system" {
  type        = string
  description = "What runs on a host: sshd alone, systemd as its first process, or systemd and cloud-init."
  default     = "sshd"

  validation {
    condition     = contains(["sshd", "systemd", "cloud-init"], var.system)
    error_message = "The system is sshd, systemd or cloud-init."
  }
}
