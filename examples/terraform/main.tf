# A domain, its User List, and what to put into its MX records. README.md says how to run it.
terraform {
  required_version = ">= 1.0"
  required_providers {
    backupmx = {
      source = "backupmx/backupmx"
    }
  }
}

# BACKUP_MX_TOKEN holds the token, BACKUP_MX_URL says where the service is (default: this machine).
provider "backupmx" {}

data "backupmx_service" "this" {}

resource "backupmx_domain" "example" {
  name      = "example.org"
  labels    = { managed-by = "terraform" }
  on_delete = "DELIVER_FIRST"
}

resource "backupmx_recipient_list" "example" {
  domain      = backupmx_domain.example.name
  local_parts = ["alice", "bob", "sales-*"]
}

resource "backupmx_dnsbl" "example" {
  domain = backupmx_domain.example.name
  zone   = "bl.example.net"
  mode   = "DRY_RUN"
}

output "mx_names" {
  value = data.backupmx_service.this.mx_names
}
