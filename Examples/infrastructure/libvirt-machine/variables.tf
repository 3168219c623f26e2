# The environment sets the first block of variables.

variable "environment_tags" {
  type        = map(string)
  description = "The environment's name and lineage."
}

variable "instance_name" {
  type        = string
  description = "The instance's name."
}

variable "ssh_public_key" {
  type        = string
  description = "The key that may log in."
}

variable "ssh_user" {
  type        = string
  description = "Who logs in with it."
}

variable "libvirt_uri" {
  type        = string
  description = "Which libvirt makes the machine."
  default     = "qemu:///system"
}

variable "pool" {
  type        = string
  description = "The pool that its disks go to."
  default     = "default"
}

variable "network" {
  type        = string
  description = "The network that it is in."
  default     = "default"
}

variable "image" {
  type        = string
  description = "A cloud image, a path or an address."
  default     = "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2"
}
