
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA typed_environments;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE typed_environments.backups (
    name text NOT NULL COLLATE pg_catalog."C",
    lineage text NOT NULL,
    serial bigint NOT NULL,
    document text NOT NULL
);

CREATE TABLE typed_environments.environments (
    name text NOT NULL COLLATE pg_catalog."C",
    lineage text NOT NULL,
    serial bigint NOT NULL,
    fence bigint NOT NULL,
    state text NOT NULL,
    document text NOT NULL,
    CONSTRAINT environments_serial_check CHECK (((serial >= 0) AND (serial <= '9007199254740992'::bigint)))
);

COMMENT ON COLUMN typed_environments.environments.document IS 'The bytes of a state.json, checksum included; never edit it without the program.';

CREATE TABLE typed_environments.history (
    name text NOT NULL COLLATE pg_catalog."C",
    lineage text NOT NULL,
    serial bigint NOT NULL,
    save_id text NOT NULL,
    line text NOT NULL
);

CREATE TABLE typed_environments.leases (
    name text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    backend integer,
    holder text,
    place text,
    orphaned_at timestamp with time zone,
    CONSTRAINT leases_name_check CHECK ((name ~ '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE typed_environments.leases IS 'One row a name for ever: its fence never goes back. holder is for people; the lock is an advisory one.';

ALTER TABLE typed_environments.leases ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME typed_environments.leases_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE typed_environments.migrations (
    version integer NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

INSERT INTO typed_environments.backups VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 3, '{
  "checksum" : "crc32c:2f654159",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.249Z",
      "instance_name" : "env-shop",
      "name" : "shop",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.249Z",
    "command" : "run",
    "command_id" : "edbc18daec091bf3a761f91a16cb5f2d",
    "from" : "created",
    "previous" : "crc32c:d0c76501",
    "serial" : 3,
    "to" : "created"
  },
  "lineage" : "b2dda069be0a0f36ab3aca307fdf2ee6",
  "saved_at" : "2026-11-26T16:18:05.249Z",
  "schema_version" : 1,
  "serial" : 3
}
');
INSERT INTO typed_environments.backups VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 4, '{
  "checksum" : "crc32c:70b291d3",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.251Z",
      "instance_name" : "env-shop",
      "name" : "shop",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.251Z",
    "command" : "run",
    "command_id" : "3bb9f40199a958152e487649ed3243af",
    "from" : "created",
    "previous" : "crc32c:78fe95b1",
    "serial" : 4,
    "to" : "created"
  },
  "lineage" : "b2dda069be0a0f36ab3aca307fdf2ee6",
  "saved_at" : "2026-11-26T16:18:05.251Z",
  "schema_version" : 1,
  "serial" : 4
}
');
INSERT INTO typed_environments.backups VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 5, '{
  "checksum" : "crc32c:4c6b6416",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.253Z",
      "instance_name" : "env-shop",
      "name" : "shop",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.253Z",
    "command" : "run",
    "command_id" : "8f34ebacda10b890a70f0d71bc3687d3",
    "from" : "created",
    "previous" : "crc32c:14a6065a",
    "serial" : 5,
    "to" : "created"
  },
  "lineage" : "b2dda069be0a0f36ab3aca307fdf2ee6",
  "saved_at" : "2026-11-26T16:18:05.253Z",
  "schema_version" : 1,
  "serial" : 5
}
');
INSERT INTO typed_environments.backups VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 6, '{
  "checksum" : "crc32c:3b39a05f",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.255Z",
      "instance_name" : "env-shop",
      "name" : "shop",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.255Z",
    "command" : "run",
    "command_id" : "8d19133c8d08369561e52cd1e290e335",
    "from" : "created",
    "previous" : "crc32c:a07d144d",
    "serial" : 6,
    "to" : "created"
  },
  "lineage" : "b2dda069be0a0f36ab3aca307fdf2ee6",
  "saved_at" : "2026-11-26T16:18:05.255Z",
  "schema_version" : 1,
  "serial" : 6
}
');
INSERT INTO typed_environments.backups VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 7, '{
  "checksum" : "crc32c:12b2e3b0",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.257Z",
      "instance_name" : "env-shop",
      "name" : "shop",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.257Z",
    "command" : "run",
    "command_id" : "bf35c71c4c07240ab23a1fc25541f3a7",
    "from" : "created",
    "previous" : "crc32c:66e74f17",
    "serial" : 7,
    "to" : "created"
  },
  "lineage" : "b2dda069be0a0f36ab3aca307fdf2ee6",
  "saved_at" : "2026-11-26T16:18:05.257Z",
  "schema_version" : 1,
  "serial" : 7
}
');
INSERT INTO typed_environments.backups VALUES ('gone', '1f0f839c53468a0d2e9b89c479228bd9', 1, '{
  "checksum" : "crc32c:8cfb5c0a",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.319Z",
      "instance_name" : "env-gone",
      "name" : "gone",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.319Z",
    "command" : "run",
    "command_id" : "08589676be360dc68df4e174cf42aca4",
    "from" : "created",
    "serial" : 1,
    "to" : "created"
  },
  "lineage" : "1f0f839c53468a0d2e9b89c479228bd9",
  "saved_at" : "2026-11-26T16:18:05.319Z",
  "schema_version" : 1,
  "serial" : 1
}
');
INSERT INTO typed_environments.backups VALUES ('gone', '1f0f839c53468a0d2e9b89c479228bd9', 2, '{
  "checksum" : "crc32c:01ca023e",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.322Z",
      "instance_name" : "env-gone",
      "name" : "gone",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.322Z",
    "command" : "run",
    "command_id" : "69149f0f4cf46f2ad2df2c29da880e6d",
    "from" : "created",
    "previous" : "crc32c:0373fe4c",
    "serial" : 2,
    "to" : "created"
  },
  "lineage" : "1f0f839c53468a0d2e9b89c479228bd9",
  "saved_at" : "2026-11-26T16:18:05.322Z",
  "schema_version" : 1,
  "serial" : 2
}
');
INSERT INTO typed_environments.backups VALUES ('older', '44f54277e4aeb00b318f776f3bbce37e', 1, '{
  "checksum" : "crc32c:82961c1d",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.366Z",
      "instance_name" : "env-older",
      "name" : "older",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.366Z",
    "command" : "run",
    "command_id" : "3d2ce2623a66413c9cfe9fb9f8c4b86d",
    "from" : "created",
    "serial" : 1,
    "to" : "created"
  },
  "lineage" : "44f54277e4aeb00b318f776f3bbce37e",
  "saved_at" : "2026-11-26T16:18:05.366Z",
  "schema_version" : 1,
  "serial" : 1
}
');
INSERT INTO typed_environments.backups VALUES ('older', '44f54277e4aeb00b318f776f3bbce37e', 2, '{
  "checksum" : "crc32c:2bc521c0",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.374Z",
      "instance_name" : "env-older",
      "name" : "older",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.374Z",
    "command" : "run",
    "command_id" : "fdb36ea1e0f02447ac75f3d29115c418",
    "from" : "created",
    "previous" : "crc32c:de23e0d5",
    "serial" : 2,
    "to" : "created"
  },
  "lineage" : "44f54277e4aeb00b318f776f3bbce37e",
  "saved_at" : "2026-11-26T16:18:05.374Z",
  "schema_version" : 1,
  "serial" : 2
}
');

INSERT INTO typed_environments.environments VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 8, 1, 'created', '{
  "checksum" : "crc32c:36ca22ab",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.259Z",
      "instance_name" : "env-shop",
      "name" : "shop",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.259Z",
    "command" : "run",
    "command_id" : "fc4a9f0fee164fb2404dc255bc5a9e2d",
    "from" : "created",
    "previous" : "crc32c:1cc37985",
    "serial" : 8,
    "to" : "created"
  },
  "lineage" : "b2dda069be0a0f36ab3aca307fdf2ee6",
  "saved_at" : "2026-11-26T16:18:05.259Z",
  "schema_version" : 1,
  "serial" : 8
}
');
INSERT INTO typed_environments.environments VALUES ('blog', '62704ed81f6f42c8f4bd6698b7bffd4e', 1, 1, 'created', '{
  "checksum" : "crc32c:0fd4cbd2",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.291Z",
      "instance_name" : "env-blog",
      "name" : "blog",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.291Z",
    "command" : "run",
    "command_id" : "300d5ba366d315490d880a8934c2e427",
    "from" : "created",
    "serial" : 1,
    "to" : "created"
  },
  "lineage" : "62704ed81f6f42c8f4bd6698b7bffd4e",
  "saved_at" : "2026-11-26T16:18:05.291Z",
  "schema_version" : 1,
  "serial" : 1
}
');
INSERT INTO typed_environments.environments VALUES ('older', '44f54277e4aeb00b318f776f3bbce37e', 2, 1, 'created', '{
  "checksum" : "crc32c:2bc521c0",
  "environment" : {
    "Created" : {
      "created_at" : "2026-11-26T16:18:05.374Z",
      "instance_name" : "env-older",
      "name" : "older",
      "outputs" : {

      },
      "provider" : {
        "kind" : "local"
      },
      "ssh_credentials" : {
        "ssh_priv_key_path" : "/keys/id",
        "ssh_pub_key_path" : "/keys/id.pub",
        "ssh_username" : "deploy"
      },
      "ssh_port" : 22,
      "state" : {

      }
    }
  },
  "event" : {
    "at" : "2026-11-26T16:18:05.374Z",
    "command" : "run",
    "command_id" : "fdb36ea1e0f02447ac75f3d29115c418",
    "from" : "created",
    "previous" : "crc32c:de23e0d5",
    "serial" : 2,
    "to" : "created"
  },
  "lineage" : "44f54277e4aeb00b318f776f3bbce37e",
  "saved_at" : "2026-11-26T16:18:05.374Z",
  "schema_version" : 1,
  "serial" : 2
}
');

INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 1, '763fc4964321d3ead531b25ba0f1c085', '{"at":"2026-11-26T16:18:05.243Z","command":"run","command_id":"a10cd5d26e445cce5c3db59651636484","from":"created","serial":1,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 2, 'b11c704f05d9f5a58d84c6d837403b00', '{"at":"2026-11-26T16:18:05.247Z","command":"run","command_id":"217fe0cffda1111acc3ab3afcb302b89","from":"created","previous":"crc32c:5b8e46ce","serial":2,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 3, '320e6afa3ba6f2605a26a022672dd9cc', '{"at":"2026-11-26T16:18:05.249Z","command":"run","command_id":"edbc18daec091bf3a761f91a16cb5f2d","from":"created","previous":"crc32c:d0c76501","serial":3,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 4, 'abe79949706f207735650ce7c9881530', '{"at":"2026-11-26T16:18:05.251Z","command":"run","command_id":"3bb9f40199a958152e487649ed3243af","from":"created","previous":"crc32c:78fe95b1","serial":4,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 5, '0e7f0b5d6688d713efffeed67457413a', '{"at":"2026-11-26T16:18:05.253Z","command":"run","command_id":"8f34ebacda10b890a70f0d71bc3687d3","from":"created","previous":"crc32c:14a6065a","serial":5,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 6, '6800332fd80c71b3974533673124f0b0', '{"at":"2026-11-26T16:18:05.255Z","command":"run","command_id":"8d19133c8d08369561e52cd1e290e335","from":"created","previous":"crc32c:a07d144d","serial":6,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 7, 'e57b4ed79de9304d478e4f9e3cb4ba30', '{"at":"2026-11-26T16:18:05.257Z","command":"run","command_id":"bf35c71c4c07240ab23a1fc25541f3a7","from":"created","previous":"crc32c:66e74f17","serial":7,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('shop', 'b2dda069be0a0f36ab3aca307fdf2ee6', 8, '3934c646d3e40b22263a37a258af319d', '{"at":"2026-11-26T16:18:05.259Z","command":"run","command_id":"fc4a9f0fee164fb2404dc255bc5a9e2d","from":"created","previous":"crc32c:1cc37985","serial":8,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('blog', '62704ed81f6f42c8f4bd6698b7bffd4e', 1, 'a555a46c780d1c8a59bd81ae15440ef1', '{"at":"2026-11-26T16:18:05.291Z","command":"run","command_id":"300d5ba366d315490d880a8934c2e427","from":"created","serial":1,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('gone', '1f0f839c53468a0d2e9b89c479228bd9', 1, 'b3fd21c4076797f4eae5ae5c9a158ec4', '{"at":"2026-11-26T16:18:05.319Z","command":"run","command_id":"08589676be360dc68df4e174cf42aca4","from":"created","serial":1,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('gone', '1f0f839c53468a0d2e9b89c479228bd9', 2, '09ce80e85cf21c0b2a40119845a22d9c', '{"at":"2026-11-26T16:18:05.322Z","command":"run","command_id":"69149f0f4cf46f2ad2df2c29da880e6d","from":"created","previous":"crc32c:0373fe4c","serial":2,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('gone', '1f0f839c53468a0d2e9b89c479228bd9', 3, 'fa60909500887a7f4b824ffe8303f134', '{"at":"2026-11-26T16:18:05.324Z","command":"run","command_id":"f675c477b48c5830f38edd2dd22e308b","from":"created","previous":"crc32c:6131a2b0","serial":3,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('older', '44f54277e4aeb00b318f776f3bbce37e', 1, '167c870efc8c7e950db147a2d5b7fa2e', '{"at":"2026-11-26T16:18:05.366Z","command":"run","command_id":"3d2ce2623a66413c9cfe9fb9f8c4b86d","from":"created","serial":1,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('older', '44f54277e4aeb00b318f776f3bbce37e', 2, '091ca0fbdda1118e39f17bcfd05064c6', '{"at":"2026-11-26T16:18:05.374Z","command":"run","command_id":"fdb36ea1e0f02447ac75f3d29115c418","from":"created","previous":"crc32c:de23e0d5","serial":2,"to":"created"}');
INSERT INTO typed_environments.history VALUES ('older', '44f54277e4aeb00b318f776f3bbce37e', 3, '35026c2cb2c5e4e45f846469c2a19add', '{"at":"2026-11-26T16:18:05.378Z","command":"run","command_id":"9eccb892c954a7c3fe01a4439a87cd91","from":"created","previous":"crc32c:2f1eb1ec","serial":3,"to":"created"}');

INSERT INTO typed_environments.leases OVERRIDING SYSTEM VALUE VALUES ('shop', 1, 1, NULL, NULL, NULL, NULL);
INSERT INTO typed_environments.leases OVERRIDING SYSTEM VALUE VALUES ('blog', 2, 1, NULL, NULL, NULL, NULL);
INSERT INTO typed_environments.leases OVERRIDING SYSTEM VALUE VALUES ('gone', 3, 1, NULL, NULL, NULL, NULL);
INSERT INTO typed_environments.leases OVERRIDING SYSTEM VALUE VALUES ('older', 4, 1, NULL, NULL, NULL, NULL);

INSERT INTO typed_environments.migrations VALUES (1, '2026-11-20 12:00:00+00');

SELECT pg_catalog.setval('typed_environments.leases_number_seq', 4, true);

ALTER TABLE ONLY typed_environments.backups
    ADD CONSTRAINT backups_pkey PRIMARY KEY (name, lineage, serial);

ALTER TABLE ONLY typed_environments.environments
    ADD CONSTRAINT environments_pkey PRIMARY KEY (name);

ALTER TABLE ONLY typed_environments.history
    ADD CONSTRAINT history_pkey PRIMARY KEY (name, lineage, serial);

ALTER TABLE ONLY typed_environments.leases
    ADD CONSTRAINT leases_number_key UNIQUE (number);

ALTER TABLE ONLY typed_environments.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);

ALTER TABLE ONLY typed_environments.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY typed_environments.environments
    ADD CONSTRAINT environments_name_fkey FOREIGN KEY (name) REFERENCES typed_environments.leases(name);

