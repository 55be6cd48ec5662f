//! `spin:variables`.

use wasmtime::component::Accessor;

use crate::{
    bindings::spin::variables::variables::{Error, Host, HostWithStore},
    guest::{Guest, GuestData},
    template::is_variable_name,
};

impl Host for Guest {}

impl<T: Send> HostWithStore<T> for GuestData {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        if !is_variable_name(&name) {
            return Ok(Err(Error::InvalidName(format!(
                "{name:?}: use lower case letters, digits and `_`"
            ))));
        }
        let value = accessor.with(|mut access| access.get().component.variables.get(&name).cloned());
        Ok(value.ok_or_else(|| {
            Error::Undefined(format!(
                "no variable `{name}`; declare it in the component's [variables] in spin.toml"
            ))
        }))
    }
}
