variable "name" {
  type        = string
  description = "Name of the installation."
}

variable "shard" {
  type        = string
  description = "Id of the shard, as in ATLAS_SHARDS."

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,15}$", var.shard))
    error_message = "The id of a shard must be up to 16 lower-case letters and digits, and begin with a letter."
  }
}

variable "engine" {
  type        = string
  description = "`aurora-postgresql`: a cluster of a writer and readers; the readers take over, but serve no reads of Atlas, because Aurora does not tell their position in the WAL. `postgres`: RDS with streaming replicas, which serve reads."

  validation {
    condition     = contains(["aurora-postgresql", "postgres"], var.engine)
    error_message = "The engine must be aurora-postgresql or postgres."
  }
}

variable "engine_version" {
  type        = string
  description = "Version of PostgreSQL, for example 18 (AWS chooses the minor version) or 18.3."

  validation {
    condition     = can(regex("^[0-9]+(\\.[0-9]+)?$", var.engine_version)) && try(tonumber(split(".", var.engine_version)[0]), 0) >= 18
    error_message = "Atlas needs PostgreSQL 18 or later."
  }
}

variable "instance_class" {
  type        = string
  description = "Class of every instance, for example db.r8g.2xlarge. A replica must be able to replace the writer, so all are equal."

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "The class of an instance begins with db."
  }
}

variable "readers" {
  type        = number
  description = "Readers (Aurora) or streaming replicas (RDS) beside the writer."

  validation {
    condition     = var.readers >= 0 && var.readers <= 15 && floor(var.readers) == var.readers
    error_message = "There may be 0 to 15 readers."
  }
}

variable "storage_gib" {
  type        = number
  description = "Disk of each server in GiB, for `postgres`; it grows to twice that by itself. Aurora's storage grows by itself. docs/capacity.md has what an entity takes."

  validation {
    condition     = var.storage_gib >= 20 && var.storage_gib <= 32768
    error_message = "The disk must have 20 to 32768 GiB."
  }
}

variable "max_slot_wal_keep_mib" {
  type        = number
  nullable    = true
  description = "WAL in MiB that a replication slot may retain before it is lost: the longest outage of a reader times the WAL written per second, at most half of the free disk. null leaves the engine's default, for an Aurora version that does not offer the parameter."

  validation {
    condition     = var.max_slot_wal_keep_mib == null || try(var.max_slot_wal_keep_mib >= 1024, false)
    error_message = "A slot needs at least 1024 MiB."
  }
}

variable "shard_count" {
  type        = number
  description = "Number of shards: the first one has a replication slot for each of the others."

  validation {
    condition     = var.shard_count >= 1
    error_message = "There is at least one shard."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets in two or more zones."
}

variable "security_group_id" {
  type        = string
  description = "Security group of the servers."
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts storage, backups, insights and the password."
}

variable "backup_retention_days" {
  type        = number
  description = "How long backups are kept; any second of it can be restored."

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "Backups are kept for 1 to 35 days."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to delete the servers."
}

variable "password_version" {
  type        = number
  description = "Raise it to replace the master password. Run the migrate task afterwards."
}
