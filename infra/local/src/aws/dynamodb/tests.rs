use dynoxide::{AttributeValue, Item};
use serde_json::json;

use super::*;

fn table(sort_key: &str) -> Table {
    let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    Table {
        name: "Test".to_owned(),
        schema: json!({
            "AttributeDefinitions": [attribute("pk"), attribute(sort_key)],
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" },
                { "AttributeName": sort_key, "KeyType": "RANGE" },
            ],
        }),
        ttl_attribute: Some("expiresAt".to_owned()),
    }
}

impl DynamoDb {
    /// Puts an item of plain JSON into the first table.
    pub(crate) fn put(&self, item: &Value) {
        fn attribute(value: &Value) -> AttributeValue {
            match value {
                Value::Null => AttributeValue::NULL(true),
                Value::Bool(value) => AttributeValue::BOOL(*value),
                Value::Number(number) => AttributeValue::N(number.to_string()),
                Value::String(text) => AttributeValue::S(text.clone()),
                Value::Array(items) => AttributeValue::L(items.iter().map(attribute).collect()),
                Value::Object(members) => AttributeValue::M(attributes(members)),
            }
        }
        fn attributes(members: &serde_json::Map<String, Value>) -> Item {
            let members = members.iter();
            members
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect()
        }
        let request = dynoxide::actions::put_item::PutItemRequest {
            table_name: self.tables[0].name.clone(),
            item: attributes(item.as_object().unwrap()),
            ..Default::default()
        };
        self.database.put_item(request).unwrap();
    }
}

fn put(tables: &DynamoDb, item: &Value) {
    let request = json!({ "TableName": "Test", "Item": item });
    tables
        .database
        .put_item(serde_json::from_value(request).unwrap())
        .unwrap();
}

#[test]
fn items_are_shown_as_plain_json() {
    let tables = DynamoDb::open(None, &[table("sk")]).unwrap();
    put(
        &tables,
        &json!({
            "pk": { "S": "a" }, "sk": { "S": "1" }, "cents": { "N": "200000" }, "half": { "N": "0.5" },
            "list": { "L": [{ "BOOL": true }, { "NULL": true }] }, "map": { "M": { "x": { "SS": ["y"] } } }
        }),
    );
    assert_eq!(
        tables.partition("a").unwrap(),
        [json!({
            "pk": "a", "sk": "1", "cents": 200_000, "half": "0.5",
            "list": [true, null], "map": { "x": ["y"] }
        })]
    );
}

#[test]
fn what_expired_is_removed_and_nothing_else() {
    let tables = DynamoDb::open(None, &[table("sk")]).unwrap();
    for (id, expires) in [
        ("old", json!({ "N": "999" })),
        ("new", json!({ "N": "1000" })),
        ("text", json!({ "S": "1" })),
    ] {
        put(
            &tables,
            &json!({ "pk": { "S": id }, "sk": { "S": "1" }, "expiresAt": expires }),
        );
    }
    put(
        &tables,
        &json!({ "pk": { "S": "forever" }, "sk": { "S": "1" } }),
    );
    assert_eq!(tables.sweep_slice(&table("sk"), None, 1000).unwrap(), None);
    let mut left = vec!["forever", "new", "old", "text"];
    left.retain(|key| !tables.partition(key).unwrap().is_empty());
    assert_eq!(left, ["forever", "new", "text"]);
}

#[test]
fn a_large_table_is_swept_slice_by_slice() {
    let tables = DynamoDb::open(None, &[table("sk")]).unwrap();
    for number in 0..450 {
        let expires = if number % 3 == 0 { "999" } else { "1001" };
        let id = format!("item {number}");
        put(
            &tables,
            &json!({ "pk": { "S": id }, "sk": { "S": "1" }, "expiresAt": { "N": expires } }),
        );
    }
    let mut left = Vec::new();
    let mut start = None;
    loop {
        start = tables.sweep_slice(&table("sk"), start, 1000).unwrap();
        let is_there = |number: &u32| {
            let items = tables.partition(&format!("item {number}"));
            !items.unwrap().is_empty()
        };
        left.push((0..450).filter(is_there).count());
        if start.is_none() {
            break;
        }
    }
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left[0] >= 450 - 200 && left[0] < 450, "{left:?}");
    assert_eq!(left[2], 300, "{left:?}");
}

#[test]
fn nothing_is_left_in_the_files_of_what_was_changed_or_removed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dynamodb.db");
    let tables = DynamoDb::open(Some(&file), &[table("sk")]).unwrap();
    let is_on_disk = |text: &str| {
        let mut files = std::fs::read_dir(folder.path()).unwrap();
        let finder = memchr::memmem::Finder::new(text);
        files.any(|file| {
            finder
                .find(&std::fs::read(file.unwrap().path()).unwrap())
                .is_some()
        })
    };
    for text in ["canary", "kept"] {
        put(
            &tables,
            &json!({ "pk": { "S": "a" }, "sk": { "S": "1" }, "text": { "S": text.repeat(100) } }),
        );
        assert!(is_on_disk(text));
    }
    tables.compact().unwrap();
    assert!(is_on_disk("kept") && !is_on_disk("canary"));
    put(&tables, &json!({ "pk": { "S": "b" }, "sk": { "S": "1" } }));
    assert_eq!(tables.partition("b").unwrap().len(), 1);
    DynamoDb::open(None, &[table("sk")])
        .unwrap()
        .compact()
        .unwrap();
}

#[test]
fn data_outlives_the_process_but_not_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dynamodb.db");
    let tables = DynamoDb::open(Some(&file), &[table("sk")]).unwrap();
    put(&tables, &json!({ "pk": { "S": "a" }, "sk": { "S": "1" } }));
    drop(tables);
    let tables = DynamoDb::open(Some(&file), &[table("sk")]).unwrap();
    assert_eq!(tables.partition("a").unwrap().len(), 1);
    drop(tables);
    let error = DynamoDb::open(Some(&file), &[table("other")])
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("delete the data directory"),
        "{error}"
    );
}
