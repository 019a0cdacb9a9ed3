/**
 * A certificate for localhost, signed by itself, and its key. It expires in a hundred years and protects nothing.
 */

export const certificate = `
-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUbT5JmOLP7/nLtbrpUheniBLZeAswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIyMzA0MFoYDzIxMjYxMTA2
MjIzMDQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQOz/tgB2S3l+BYcyzye4Fe9EeJqZU9bt71ETVkbeFUOhvIn+tqV9im
UZwC9RjQsBpGfZ+uWCAVP7+L3Br3AZCko28wbTAdBgNVHQ4EFgQUCQvKsICSt4m2
Bvu9EoAa2XbCBbcwHwYDVR0jBBgwFoAUCQvKsICSt4m2Bvu9EoAa2XbCBbcwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgMD1zH/Jtd3zNV9wg1u9zOJlQvcEg+eYwPyt/deA6Sp4CIEYY
2y1DcEk/f2Y3pSnYp/lCnPeQb+sIzdj0xGl1jtw0
-----END CERTIFICATE-----
`

export const key = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIVbFoH7bSZOw3wci
1nggx/AajtH+UG/zv94LuVLi+HKhRANCAAQOz/tgB2S3l+BYcyzye4Fe9EeJqZU9
bt71ETVkbeFUOhvIn+tqV9imUZwC9RjQsBpGfZ+uWCAVP7+L3Br3AZCk
-----END PRIVATE KEY-----
`
